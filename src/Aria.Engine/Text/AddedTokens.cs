namespace Aria.Engine.Text;

/// <summary>Finds added tokens in text: at each place the longest one, from left to right (specs/tokenizer.md §3).</summary>
internal sealed class AddedTokens
{
    /// <summary>Longest added token, in UTF-16 units; so a text of n units costs at most n times this.</summary>
    public const int MaxLength = 256;

    private readonly Dictionary<char, (string Text, uint Id)[]> _byFirst;

    /// <exception cref="Models.ModelFormatException">An added token is longer than <see cref="MaxLength"/>.</exception>
    public AddedTokens(IEnumerable<(string Text, uint Id)> tokens)
    {
        (string Text, uint Id)[] all = [.. tokens.OrderByDescending(token => token.Text.Length)];
        if (all is [{ Text.Length: > MaxLength } longest, ..])
        {
            throw new Models.ModelFormatException($"The added token {longest.Id} has {longest.Text.Length} characters; the limit is {MaxLength}.");
        }

        _byFirst = all.GroupBy(token => token.Text[0]).ToDictionary(group => group.Key, group => group.ToArray());
    }

    /// <summary>The first added token in <paramref name="text"/>; without one, where is the text's end.</summary>
    public bool TryFind(ReadOnlySpan<char> text, out int at, out int length, out uint id)
    {
        for (at = 0; _byFirst.Count > 0 && at < text.Length; at++)
        {
            if (_byFirst.TryGetValue(text[at], out (string Text, uint Id)[]? candidates))
            {
                foreach ((string candidate, uint token) in candidates)
                {
                    if (text[at..].StartsWith(candidate))
                    {
                        (length, id) = (candidate.Length, token);
                        return true;
                    }
                }
            }
        }

        (at, length, id) = (text.Length, 0, 0);
        return false;
    }
}
