using System.Text;
using Aria.Engine.Text;

namespace Aria.Engine.Models.Import;

/// <summary>
/// A SentencePiece model file (<c>tokenizer.model</c>), protobuf: pieces with scores and kinds, the trainer's special ids, the normaliser. Only what merges pairs and does not rewrite
/// text is taken.
/// </summary>
internal static class SentencePieceModel
{
    /// <summary>Longest file, in bytes.</summary>
    public const int MaxBytes = 1 << 25;

    private const int MaxPieces = ModelArchitecture.MaxVocabulary;
    private const int PairMerging = 2;      // trainer_spec.model_type BPE; 1 is unigram

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <exception cref="ModelFormatException">No such file, or one whose rules this engine does not follow.</exception>
    public static TokenizerMetadata Parse(ReadOnlySpan<byte> bytes)
    {
        List<string> tokens = [];
        List<float> scores = [];
        List<int> types = [];
        long modelType = 1, unknown = 0, begin = 1, end = 2;
        bool prefix = true;
        ProtobufCursor file = new(bytes);
        while (file.Next(out int field, out ReadOnlySpan<byte> value, out _))
        {
            ProtobufCursor part = new(value);
            switch (field)
            {
                case 1:
                    if (tokens.Count == MaxPieces)
                    {
                        throw new ModelFormatException($"The tokenizer has more than {MaxPieces} pieces.");
                    }

                    (string token, float score, int type) = Piece(ref part);
                    tokens.Add(token);
                    scores.Add(score);
                    types.Add(type);
                    break;
                case 2:
                    while (part.Next(out int key, out _, out long number))
                    {
                        (modelType, unknown, begin, end) = key switch
                        {
                            3 => (number, unknown, begin, end),
                            40 => (modelType, number, begin, end),
                            41 => (modelType, unknown, number, end),
                            42 => (modelType, unknown, begin, number),
                            _ => (modelType, unknown, begin, end),
                        };
                    }

                    break;
                case 3:
                    while (part.Next(out int key, out ReadOnlySpan<byte> text, out long number))
                    {
                        // 2: rules that rewrite text. 4, removing extra spaces, is what a pair-merging model for generation never does, whatever it says.
                        if (key == 2 && !text.IsEmpty)
                        {
                            throw new ModelFormatException("The tokenizer rewrites text before it splits it (a normaliser with rules), which this engine does not do.");
                        }

                        prefix = key == 3 ? number != 0 : prefix;
                    }

                    break;
                default:
                    break;
            }
        }

        return tokens.Count == 0 ? throw new ModelFormatException("The tokenizer has no pieces.")
            : modelType != PairMerging ? throw new ModelFormatException($"The tokenizer is of SentencePiece's model type {modelType}; only {PairMerging}, which merges pairs, is read.")
            : new()
            {
                Model = "llama",
                Pre = "default",
                Tokens = tokens,
                TokenTypes = types,
                Scores = scores,
                BeginOfSequence = Id(begin, tokens.Count),
                EndOfSequence = Id(end, tokens.Count),
                Unknown = Id(unknown, tokens.Count),
                AddSpacePrefix = prefix ? null : false,
            };
    }

    /// <summary>With the tokens that <c>added_tokens.json</c> puts behind the pieces, by id; they are control tokens.</summary>
    /// <exception cref="ModelFormatException">An id that leaves a hole, or one that is another token's.</exception>
    public static TokenizerMetadata WithAdded(TokenizerMetadata tokenizer, ReadOnlyMemory<byte> json)
    {
        (string Text, int Id)[] added = CheckpointJson.Read(
            "added_tokens.json", json, root => root.EnumerateObject().Select(entry => (entry.Name, CheckpointJson.Whole(root, entry.Name, 0, MaxPieces - 1))).ToArray());
        List<string> tokens = [.. tokenizer.Tokens];
        foreach ((string text, int id) in added.OrderBy(token => token.Id))
        {
            if (id < tokens.Count && tokens[id] == text)
            {
                continue;
            }

            if (id != tokens.Count)
            {
                throw new ModelFormatException($"added_tokens.json gives '{text}' the id {id}; the next free one is {tokens.Count}.");
            }

            tokens.Add(text);
        }

        int more = tokens.Count - tokenizer.Tokens.Count;
        return tokenizer with
        {
            Tokens = tokens,
            TokenTypes = [.. tokenizer.TokenTypes!, .. Enumerable.Repeat((int)TokenKind.Control, more)],
            Scores = [.. tokenizer.Scores!, .. Enumerable.Repeat(0f, more)],
        };
    }

    // A piece's kinds are GGUF's: 1 normal, 2 unknown, 3 control, 4 added, 5 unused, 6 byte.
    private static (string Token, float Score, int Type) Piece(ref ProtobufCursor part)
    {
        string token = "";
        float score = 0;
        long type = (long)TokenKind.Normal;
        while (part.Next(out int field, out ReadOnlySpan<byte> value, out long number))
        {
            switch (field)
            {
                case 1:
                    token = Text(value);
                    break;
                case 2:
                    score = BitConverter.Int32BitsToSingle((int)number);
                    break;
                case 3:
                    type = number;
                    break;
                default:
                    break;
            }
        }

        return type is >= (long)TokenKind.Normal and <= (long)TokenKind.Byte
            ? (token, score, (int)type)
            : throw new ModelFormatException($"The piece '{token}' of the tokenizer has the unknown type {type}.");
    }

    private static string Text(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException e)
        {
            throw new ModelFormatException("A piece of the tokenizer is not UTF-8.", e);
        }
    }

    // SentencePiece writes −1 for a token that it has not.
    private static uint? Id(long id, int count) => id >= 0 && id < count ? (uint)id : null;
}
