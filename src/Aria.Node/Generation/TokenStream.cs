using Aria.Engine.Sampling;
using Aria.Engine.Text;
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

    public TokenStream(GenerationRequest request)
    {
        _request = request;
        _known = [.. request.Prompt];
        _text = new(request.Model.Tokenizer, request.Stops);
    }

    /// <summary>Prompt and chosen tokens.</summary>
    public IReadOnlyList<uint> Known => _known;

    /// <summary>Tokens chosen.</summary>
    public int Chosen => _known.Count - _request.Prompt.Length;

    /// <summary>Why no further token is chosen; null while some are.</summary>
    public FinishReason? Finish { get; private set; }

    /// <summary>Chooses the next token from the candidates at the last known token's position; its text is what is certain now.</summary>
    public (uint Token, string Text) Choose(ReadOnlySpan<Candidate> candidates)
    {
        uint token = Sampler.Choose(candidates, _request.Sampling, _known.Count);
        _known.Add(token);
        if (_request.Model.Tokenizer.EndTokens.Contains(token))
        {
            Finish = FinishReason.Stop;
            return (token, _text.Flush());
        }

        string text = _text.Push(token);
        if (_text.Stopped)
        {
            Finish = FinishReason.Stop;
        }
        else if (Chosen == _request.MaxTokens)
        {
            text += _text.Flush();
            Finish = _text.Stopped ? FinishReason.Stop : FinishReason.Length;
        }

        return (token, text);
    }
}
