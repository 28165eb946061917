using System.Text.RegularExpressions;

namespace Aria.Architecture.Tests;

/// <summary>A file of C#.</summary>
internal sealed partial record SourceFile(Project Project, string Path, string Text)
{
    /// <summary>The text without comments, line for line.</summary>
    public string Code { get; } = Comment().Replace(Text, match => new('\n', match.Value.Count(c => c == '\n')));

    public int Lines => Text.Count(c => c == '\n');

    /// <summary>Every line of code that matches, as <c>Aria.Wire/Signing/SigningKey.cs(12): …</c>.</summary>
    public IEnumerable<string> Matches(Regex pattern) =>
        Code.Split('\n').Index().Where(line => pattern.IsMatch(line.Item)).Select(line => $"{this}({line.Index + 1}): {line.Item.Trim()}");

    public override string ToString() => $"{Project.Name}/{Path}";

    // A line comment begins at the line's start or after white space, which spares "https://…" in a string.
    [GeneratedRegex(@"(?<=^|\s)//[^\n]*|/\*.*?\*/", RegexOptions.Singleline)]
    private static partial Regex Comment();
}
