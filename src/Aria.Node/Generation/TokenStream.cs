using System.Collections.Immutable;
using Aria.Engine.Sampling;
using Aria.Engine.Text;
using Aria.Pipeline;
using Aria.Provenance.Records;

namespace Aria.Node.Generation;

/// <summary>
/// The tokens of one generation: chosen one after the other from the head's candidates, turned into text, until an end token, a stop text or the length. A
/// pure decision; attempts come and go around it.
/// </summary>
internal sealed class TokenStream
{
    private readonly GenerationRequest _request;
    private readonly List<uint> _known;
    private readonly TextStream _text;
    private readonly HeldLogProbabilities _logProbabilities;

    public TokenStream(GenerationRequest request)
    {
        _request = request;
        _known = [.. request.Prompt];
        _text = new(request.Model.Tokenizer, request.Stops);
        _logProbabilities = new(_text, request.Sampling);
    }

    /// <summary>Prompt and chosen tokens.</summary>
    public IReadOnlyList<uint> Known => _known;

    /// <summary>Tokens chosen.</summary>
    public int Chosen => _known.Count - _request.Prompt.Length;

    /// <summary>Why no further token is chosen; null while some are.</summary>
    public FinishReason? Finish { get; private set; }

    /// <summary>Chooses the next token from the head's answer at the last known token's position; its text is what is certain now.</summary>
    public ChosenToken Choose(HeadAnswer answer)
    {
        uint token = Sampler.Choose(answer.Candidates.Span, _request.Sampling, _known.Count);
        _known.Add(token);
        string text = Push(answer, token);
        return new(token, text, _logProbabilities.Release(Finish is not null));
    }

    private string Push(HeadAnswer answer, uint token)
    {
        if (_request.Model.Tokenizer.EndTokens.Contains(token))
        {
            Finish = FinishReason.Stop;
            return _text.Flush();
        }

        long start = _text.Taken;
        string text = _text.Push(token);
        _logProbabilities.Add(answer, token, start);
        if (_text.Stopped)
        {
            Finish = FinishReason.Stop;
        }
        else if (Chosen == _request.MaxTokens)
        {
            text += _text.Flush();
            Finish = _text.Stopped ? FinishReason.Stop : FinishReason.Length;
        }

        return text;
    }
}

/// <summary>A token, and what is certain with it: text, and the log-probabilities of that text's tokens.</summary>
internal readonly record struct ChosenToken(uint Token, string Text, ImmutableArray<TokenLogProbability> LogProbabilities);
