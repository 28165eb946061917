using Aria.Engine.Models;

namespace Aria.Engine.Text;

/// <summary>The tokens of a model as its file states them, checked once (specs/tokenizer.md §1).</summary>
internal sealed class Vocabulary
{
    // Control tokens that end an answer wherever they exist: files name one of them at most.
    private static readonly string[] EndNames = ["<|eot_id|>", "<|eom_id|>", "<|end_of_text|>", "<|endoftext|>", "<|im_end|>"];

    private readonly Dictionary<string, uint> _idOf;
    private readonly Dictionary<string, uint>.AlternateLookup<ReadOnlySpan<char>> _idOfSpan;
    private readonly IReadOnlyList<string> _tokens;
    private readonly TokenKind[] _kinds;

    /// <exception cref="ModelFormatException">No usable vocabulary.</exception>
    public Vocabulary(TokenizerMetadata metadata)
    {
        _tokens = metadata.Tokens;
        if (_tokens.Count == 0 || (metadata.TokenTypes is { } types && types.Count != _tokens.Count))
        {
            throw new ModelFormatException($"The vocabulary has {_tokens.Count} tokens and {metadata.TokenTypes?.Count ?? 0} token types.");
        }

        _idOf = new(_tokens.Count, StringComparer.Ordinal);
        _idOfSpan = _idOf.GetAlternateLookup<ReadOnlySpan<char>>();
        _kinds = new TokenKind[_tokens.Count];
        for (int id = 0; id < _kinds.Length; id++)
        {
            if (!_idOf.TryAdd(_tokens[id], (uint)id))
            {
                throw new ModelFormatException($"Tokens {_idOf[_tokens[id]]} and {id} are both '{_tokens[id]}'.");
            }

            _kinds[id] = KindOf(id, metadata.TokenTypes?[id] ?? (int)TokenKind.Normal);
            LongestToken = Math.Max(LongestToken, _tokens[id].Length);
        }

        BeginOfSequence = Known(metadata.BeginOfSequence ?? throw new ModelFormatException("The file names no begin-of-sequence token."), "begin-of-sequence");
        EndTokens = ReadEndTokens(metadata);
    }

    public int Count => _tokens.Count;

    /// <summary>UTF-16 units of the longest token.</summary>
    public int LongestToken { get; }

    public uint BeginOfSequence { get; }

    public IReadOnlySet<uint> EndTokens { get; }

    /// <summary>The tokens that are found in text before anything is split.</summary>
    public IEnumerable<(string Text, uint Id)> AddedTokens =>
        _tokens.Index().Where(token => _kinds[token.Index] == TokenKind.UserDefined && token.Item.Length > 0).Select(token => (token.Item, (uint)token.Index));

    public string TextOf(int id) => _tokens[id];

    public TokenKind KindOf(int id) => _kinds[id];

    /// <summary>The token that text becomes: normal, or added.</summary>
    public bool TryText(ReadOnlySpan<char> token, out uint id) =>
        _idOfSpan.TryGetValue(token, out id) && _kinds[id] is TokenKind.Normal or TokenKind.UserDefined;

    /// <summary>The control token of that name, such as <c>&lt;|user|&gt;</c>.</summary>
    public bool TryControl(string name, out uint id) => _idOf.TryGetValue(name, out id) && _kinds[id] == TokenKind.Control;

    /// <summary>The token of that spelling and kind.</summary>
    public bool TryFind(string token, TokenKind kind, out uint id) => _idOf.TryGetValue(token, out id) && _kinds[id] == kind;

    /// <exception cref="ModelFormatException">The id is not in the vocabulary.</exception>
    public uint Known(uint id, string role) =>
        id < _tokens.Count ? id : throw new ModelFormatException($"The {role} token {id} is not in the vocabulary of {_tokens.Count}.");

    // Some converters write chat markers as added tokens; found in text they would let a message forge a turn.
    private TokenKind KindOf(int id, int type) => (TokenKind)type switch
    {
        TokenKind.UserDefined when _tokens[id].StartsWith("<|", StringComparison.Ordinal) && _tokens[id].EndsWith("|>", StringComparison.Ordinal) => TokenKind.Control,
        >= TokenKind.Normal and <= TokenKind.Byte => (TokenKind)type,
        _ => throw new ModelFormatException($"Token {id} has the unknown type {type}."),
    };

    private HashSet<uint> ReadEndTokens(TokenizerMetadata metadata)
    {
        HashSet<uint> ends = [];
        foreach (uint? id in (uint?[])[metadata.EndOfSequence, metadata.EndOfTurn])
        {
            if (id is { } stated)
            {
                ends.Add(Known(stated, "end-of-sequence"));
            }
        }

        foreach (string name in EndNames)
        {
            if (TryControl(name, out uint id))
            {
                ends.Add(id);
            }
        }

        return ends;
    }
}
