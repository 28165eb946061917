using System.Globalization;
using Aria.Engine.Catalogue;
using Aria.Engine.Text;

namespace Aria.Engine.Synthesis;

/// <summary>
/// A tokenizer of the right kind and size that can say any text: bytes, pairs of letters, place holders up to the count that readers expect, and the model's control
/// tokens at their own ids (specs/catalogue.md §4).
/// </summary>
internal static class SyntheticVocabulary
{
    private const int FalconEndOfText = 11;
    private const int Llama3Controls = 256;

    private static readonly string[] Llama3Names =
    [
        "<|begin_of_text|>", "<|end_of_text|>", "<|reserved_special_token_0|>", "<|reserved_special_token_1|>", "<|finetune_right_pad_id|>",
        "<|reserved_special_token_2|>", "<|start_header_id|>", "<|end_header_id|>", "<|eom_id|>", "<|eot_id|>",
    ];

    public static TokenizerMetadata Of(CatalogueModel model) => model.TokenizerModel == "llama" ? SentencePiece(model) : ByteLevel(model);

    private static TokenizerMetadata SentencePiece(CatalogueModel model)
    {
        List<string> tokens = ["<unk>", "<s>", "</s>", .. Enumerable.Range(0, 256).Select(value => string.Create(CultureInfo.InvariantCulture, $"<0x{value:X2}>"))];
        List<int> types = [(int)TokenKind.Unknown, (int)TokenKind.Control, (int)TokenKind.Control, .. Enumerable.Repeat((int)TokenKind.Byte, 256)];
        tokens.AddRange(["▁", .. Enumerable.Range('!', '~' - '!' + 1).Select(c => ((char)c).ToString())]);
        while (tokens.Count < model.Tokens)
        {
            tokens.Add(string.Create(CultureInfo.InvariantCulture, $"▁t{tokens.Count}"));
        }

        types.AddRange(Enumerable.Repeat((int)TokenKind.Normal, tokens.Count - types.Count));
        return new()
        {
            Model = "llama",
            Pre = "default",
            Tokens = tokens,
            TokenTypes = types,
            Scores = [.. tokens.Select((_, id) => -(float)id)],
            BeginOfSequence = 1,
            EndOfSequence = 2,
            Unknown = 0,
        };
    }

    private static TokenizerMetadata ByteLevel(CatalogueModel model)
    {
        bool falcon = model.Pre!.StartsWith("falcon", StringComparison.Ordinal);
        List<string> texts = [.. Enumerable.Range(0, 256).Select(value => ByteAlphabet.Spell((byte)value).ToString())];
        List<string> merges = [];
        string letters = "etaoinshrdlu";
        foreach ((char first, char second) in from first in "Ġ" + letters from second in letters select (first, second))
        {
            merges.Add($"{first} {second}");
            texts.Add($"{first}{second}");
        }

        int controls = falcon ? 1 : Llama3Controls;
        while (texts.Count < model.Tokens - controls)
        {
            texts.Add(string.Create(CultureInfo.InvariantCulture, $"Ġt{texts.Count}"));
        }

        int at = falcon ? FalconEndOfText : texts.Count;
        string[] names = falcon ? ["<|endoftext|>"] : [.. Llama3Names, .. Enumerable.Range(Llama3Names.Length, controls - Llama3Names.Length).Select(Reserved)];
        return new()
        {
            Model = "gpt2",
            Pre = model.Pre,
            Tokens = [.. texts[..at], .. names, .. texts[at..]],
            TokenTypes = [.. Enumerable.Range(0, model.Tokens).Select(id => (int)(id >= at && id < at + controls ? TokenKind.Control : TokenKind.Normal))],
            Merges = merges,
            BeginOfSequence = (uint)at,
            EndOfSequence = (uint)(falcon ? at : at + 1),
        };
    }

    private static string Reserved(int index) => string.Create(CultureInfo.InvariantCulture, $"<|reserved_special_token_{index - 7}|>");
}
