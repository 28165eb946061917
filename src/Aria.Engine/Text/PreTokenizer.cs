using Aria.Engine.Models;

namespace Aria.Engine.Text;

/// <summary>Cuts text into the pieces inside which bytes are merged: one pattern, or several, each applied to the pieces of the one before (specs/tokenizer.md §4).</summary>
internal sealed class PreTokenizer
{
    private readonly Pattern[] _patterns;

    private PreTokenizer(bool wholePieces, params Pattern[] patterns) => (WholePieces, _patterns) = (wholePieces, patterns);

    /// <summary>The length of the next piece, at least 1.</summary>
    private delegate int Pattern(ref CharacterReader reader);

    /// <summary>Whether a piece that is a token becomes that token without merging.</summary>
    public bool WholePieces { get; }

    public static PreTokenizer Gpt2 { get; } = new(false, SplitPatterns.Gpt2);

    public static PreTokenizer Llama3 { get; } = new(true, SplitPatterns.Llama3);

    public static PreTokenizer Falcon { get; } = new(false, SplitPatterns.Punctuation, SplitPatterns.Gpt2, SplitPatterns.ThreeDigits);

    public static PreTokenizer FalconEdge { get; } = new(false, SplitPatterns.Punctuation, SplitPatterns.CaseAware, SplitPatterns.OneDigit);

    /// <summary>By the name in <c>tokenizer.ggml.pre</c>.</summary>
    /// <exception cref="ModelFormatException">No name, or one that is not known.</exception>
    public static PreTokenizer Of(string? name) => name switch
    {
        "gpt-2" => Gpt2,
        "llama-bpe" or "llama3" or "llama-v3" or "falcon3" => Llama3,
        "falcon" => Falcon,
        "falcon_e" or "falcon-e" => FalconEdge,
        null => throw new ModelFormatException("The file does not name its pre-tokenizer (tokenizer.ggml.pre), and the model is not one whose pre-tokenizer is known."),
        _ => throw new ModelFormatException($"The pre-tokenizer '{name}' is not known; known are gpt-2, llama-bpe, falcon3, falcon and falcon_e."),
    };

    /// <summary>Appends where each piece of <paramref name="text"/> ends; returns how many code points were looked at.</summary>
    public long Split(ReadOnlySpan<char> text, List<int> ends) => Split(text, 0, 0, ends);

    private long Split(ReadOnlySpan<char> text, int start, int pattern, List<int> ends)
    {
        CharacterReader reader = new(text);
        long looks = 0;
        while (!reader.Rest.IsEmpty)
        {
            int length = _patterns[pattern](ref reader);
            if (pattern + 1 < _patterns.Length)
            {
                looks += Split(reader.Rest[..length], start, pattern + 1, ends);
            }
            else
            {
                ends.Add(start + length);
            }

            start += length;
            reader.Skip(length);
        }

        return looks + reader.Looks;
    }
}
