using Aria.Engine.Models;

namespace Aria.Engine.Text;

/// <summary>A byte-level vocabulary as a model file states it, checked once (specs/tokenizer.md §1).</summary>
internal sealed class Vocabulary
{
    private const int ControlType = 3;

    private readonly Dictionary<string, uint> _idOf;
    private readonly IReadOnlyList<string> _tokens;
    private readonly IReadOnlyList<int> _types;

    /// <exception cref="ModelFormatException">No usable byte-level vocabulary.</exception>
    public Vocabulary(
        IReadOnlyList<string> tokens, IReadOnlyList<int> types, IReadOnlyList<string> merges, uint beginOfSequence, IEnumerable<uint> endTokens)
    {
        if (tokens.Count == 0 || types.Count != tokens.Count)
        {
            throw new ModelFormatException($"The vocabulary has {tokens.Count} tokens and {types.Count} token types.");
        }

        (_tokens, _types) = (tokens, types);
        _idOf = new(tokens.Count, StringComparer.Ordinal);
        for (int id = 0; id < tokens.Count; id++)
        {
            if (!_idOf.TryAdd(tokens[id], (uint)id))
            {
                throw new ModelFormatException($"Tokens {_idOf[tokens[id]]} and {id} are both '{tokens[id]}'.");
            }
        }

        BeginOfSequence = Known(beginOfSequence, "begin-of-sequence");
        EndTokens = endTokens.Select(id => Known(id, "end-of-sequence")).ToHashSet();
        ByteTokens = ReadByteTokens();
        Merges = ReadMerges(merges);
    }

    public int Count => _tokens.Count;

    public uint BeginOfSequence { get; }

    public IReadOnlySet<uint> EndTokens { get; }

    /// <summary>(256): the token of each byte.</summary>
    public uint[] ByteTokens { get; }

    public Dictionary<(uint Left, uint Right), BytePairMerges.Merge> Merges { get; }

    /// <summary>The bytes of text that a token stands for; none for a control token.</summary>
    public byte[] BytesOf(int id) => IsControl(id) ? [] : ByteAlphabet.Bytes(_tokens[id]);

    /// <summary>The control token of that name, such as <c>&lt;|user|&gt;</c>.</summary>
    public bool TryControl(string name, out uint id) => _idOf.TryGetValue(name, out id) && IsControl((int)id);

    private bool IsControl(int id) => _types[id] == ControlType;

    private uint Known(uint id, string role) =>
        id < _tokens.Count ? id : throw new ModelFormatException($"The {role} token {id} is not in the vocabulary of {_tokens.Count}.");

    private uint[] ReadByteTokens()
    {
        uint[] ids = new uint[256];
        for (int value = 0; value < ids.Length; value++)
        {
            if (!TryText(ByteAlphabet.Spell((byte)value).ToString(), out ids[value]))
            {
                throw new ModelFormatException($"The vocabulary has no token for the byte 0x{value:x2}.");
            }
        }

        return ids;
    }

    private Dictionary<(uint, uint), BytePairMerges.Merge> ReadMerges(IReadOnlyList<string> merges)
    {
        Dictionary<(uint, uint), BytePairMerges.Merge> table = new(merges.Count);
        for (int rank = 0; rank < merges.Count; rank++)
        {
            string merge = merges[rank];
            int space = merge.IndexOf(' ', StringComparison.Ordinal);
            if (space < 0
                || !TryText(merge[..space], out uint left)
                || !TryText(merge[(space + 1)..], out uint right)
                || !TryText(merge.Remove(space, 1), out uint token))
            {
                throw new ModelFormatException($"Merge {rank}, '{merge}', does not join two tokens to a third.");
            }

            if (!table.TryAdd((left, right), new(rank, token)))
            {
                throw new ModelFormatException($"Merge {rank}, '{merge}', stands twice.");
            }
        }

        return table;
    }

    private bool TryText(string token, out uint id) => _idOf.TryGetValue(token, out id) && !IsControl((int)id);
}
