using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;
using Aria.Engine.Execution;
using Aria.Engine.Models;

namespace Aria.Engine.Tests.Execution.Transcripts;

/// <summary>What the cells of the matrix gave, of one engine on one machine; its parts may run one after the other.</summary>
internal sealed record MatrixReport
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, IndentSize = 1, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, NewLine = "\n" };

    public required string NumericSpec { get; init; }

    public required string Digest { get; init; }

    /// <summary>Of the last part.</summary>
    public required string Date { get; init; }

    /// <summary>That the engine was built from.</summary>
    public required string Commit { get; init; }

    public required string Runtime { get; init; }

    /// <summary>Values by axis.</summary>
    public required Dictionary<string, string[]> Axes { get; init; }

    /// <summary>Every how many cells a part takes one.</summary>
    public required int PartsOfTheWhole { get; init; }

    /// <summary>Those that have run, ascending.</summary>
    public required int[] Parts { get; init; }

    /// <summary>How many have run.</summary>
    public required int Cells { get; init; }

    public required int CellsOfTheWhole { get; init; }

    /// <summary>How many said that they used these kernels.</summary>
    public required SortedDictionary<string, int> CellsByKernelsInUse { get; init; }

    /// <summary>Those that gave another digest or used other kernels than they should.</summary>
    public required string[] Different { get; init; }

    /// <summary>The axes as they are.</summary>
    public static Dictionary<string, string[]> AxesNow { get; } = new()
    {
        ["kernels"] = TranscriptCell.Axes.Kernels,
        ["chunks"] = Texts(TranscriptCell.Axes.Chunks),
        ["threads"] = Texts(TranscriptCell.Axes.Threads),
        ["stages"] = Texts(TranscriptCell.Axes.Stages),
        ["company"] = Texts(TranscriptCell.Axes.Company),
        ["settings"] = TranscriptCell.Axes.Settings,
    };

    private static string CommitNow => typeof(SpanEngine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[^1];

    /// <summary>No cell yet.</summary>
    public static MatrixReport Empty(int parts) => new()
    {
        NumericSpec = Aria.Engine.NumericSpec.Id,
        Digest = TranscriptVector.Digest,
        Date = "",
        Commit = CommitNow,
        Runtime = $"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier}",
        Axes = AxesNow,
        PartsOfTheWhole = parts,
        Parts = [],
        Cells = 0,
        CellsOfTheWhole = TranscriptCell.All.Count(),
        CellsByKernelsInUse = [],
        Different = [],
    };

    public static MatrixReport Read(string file) => JsonSerializer.Deserialize<MatrixReport>(File.ReadAllBytes(file), Indented)!;

    public void Write(string file) => File.WriteAllText(file, JsonSerializer.Serialize(this, Indented) + "\n");

    /// <summary>Whether that part may be added: not there yet, of as many, and computed by the same engine.</summary>
    /// <exception cref="InvalidOperationException">It may not.</exception>
    public void CheckJoins(int part, int parts)
    {
        MatrixReport now = Empty(parts);
        if (parts != PartsOfTheWhole || Parts.Contains(part) || (Commit, Runtime, Digest, CellsOfTheWhole) != (now.Commit, now.Runtime, now.Digest, now.CellsOfTheWhole))
        {
            throw new InvalidOperationException($"Part {part} of {parts} of {now.Commit} on {now.Runtime} does not join parts {string.Join(", ", Parts)} of {PartsOfTheWhole} of {Commit} on {Runtime}.");
        }
    }

    /// <summary>With a part that has run.</summary>
    public MatrixReport With(int part, int cells, IEnumerable<KeyValuePair<string, int>> byKernels, IEnumerable<string> different) => this with
    {
        Date = DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        Parts = [.. Parts.Append(part).Order()],
        Cells = Cells + cells,
        CellsByKernelsInUse = new(CellsByKernelsInUse.Concat(byKernels).GroupBy(pair => pair.Key).ToDictionary(group => group.Key, group => group.Sum(pair => pair.Value)), StringComparer.Ordinal),
        Different = [.. Different.Concat(different).Order(StringComparer.Ordinal)],
    };

    private static string[] Texts(int[] numbers) => [.. numbers.Select(number => number.ToString(CultureInfo.InvariantCulture))];
}
