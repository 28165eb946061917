using System.Globalization;
using Aria.Engine.Text;

namespace Aria.Engine.Tests.Text;

/// <summary>
/// Llama-3's tokenizer as its GGUF files have it, from the list of ranks that it was published as: 128,000 tokens, 256 control tokens, and as merges
/// every way to make a token of two others, by the token's rank, then by the parts'.
/// </summary>
internal static class Llama3Vocabulary
{
    private static readonly string[] Named =
    [
        "<|begin_of_text|>", "<|end_of_text|>", "<|reserved_special_token_0|>", "<|reserved_special_token_1|>", "<|reserved_special_token_2|>",
        "<|reserved_special_token_3|>", "<|start_header_id|>", "<|end_header_id|>", "<|reserved_special_token_4|>", "<|eot_id|>",
    ];

    public static TokenizerMetadata Read(string path)
    {
        string[] tokens =
        [
            .. File.ReadLines(path).Select(line => line.Split(' ')).OrderBy(pair => int.Parse(pair[1], CultureInfo.InvariantCulture))
                .Select(pair => string.Concat(Convert.FromBase64String(pair[0]).Select(ByteAlphabet.Spell))),
        ];
        string[] control = [.. Named, .. Enumerable.Range(5, 246).Select(i => $"<|reserved_special_token_{i}|>")];
        Dictionary<string, int> rank = tokens.Index().ToDictionary(token => token.Item, token => token.Index);
        return new()
        {
            Model = "gpt2",
            Pre = "llama-bpe",
            Tokens = [.. tokens, .. control],
            TokenTypes = [.. tokens.Select(_ => 1), .. control.Select(_ => 3)],
            Merges =
            [
                .. tokens.SelectMany(token => Enumerable.Range(1, Math.Max(0, token.Length - 1))
                    .Select(at => (Left: token[..at], Right: token[at..]))
                    .Where(parts => rank.ContainsKey(parts.Left) && rank.ContainsKey(parts.Right))
                    .OrderBy(parts => rank[parts.Left]).ThenBy(parts => rank[parts.Right])
                    .Select(parts => $"{parts.Left} {parts.Right}")),
            ],
            BeginOfSequence = 128000,
            EndOfSequence = 128001,
        };
    }
}
