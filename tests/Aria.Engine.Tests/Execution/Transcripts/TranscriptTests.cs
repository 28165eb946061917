using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.InteropServices;
using Aria.Engine.Kernels;
using Aria.Engine.Models;
using Aria.Engine.Transcript;
using Aria.Testing;

namespace Aria.Engine.Tests.Execution.Transcripts;

/// <summary>
/// One digest over every boundary and every candidate, written by an engine that shares no code with this one, and reached here by every way of computing: kernels, prefill chunks, threads,
/// stages, other sequences in the same calls and settings of the runtime, each cell of the matrix in a process of its own.
/// </summary>
public class TranscriptTests
{
    /// <summary>A selection in which every two values of two axes meet.</summary>
    public static TheoryData<string, int, int, int, int, string> Cells
    {
        get
        {
            TheoryData<string, int, int, int, int, string> data = [];
            foreach (TranscriptCell cell in PairwiseCover.Of(TranscriptCell.Axes.Sizes).Select(TranscriptCell.Of))
            {
                data.Add(cell.Kernels, cell.Chunk, cell.Threads, cell.Stages, cell.Company, cell.Setting);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public async Task ACell_GivesTheDigest(string kernels, int chunk, int threads, int stages, int company, string setting)
    {
        Assert.SkipUnless(RuntimeInformation.ProcessArchitecture == Architecture.X64, "the axes are those of x64");
        Prerequisite.Demand(kernels != "native" || NativeLibraryTable.Missing is null, $"the native kernels: {NativeLibraryTable.Missing}");
        TranscriptCell cell = new(kernels, chunk, threads, stages, company, setting);
        Assert.Equal((TranscriptVector.Digest, cell.ExpectedName), await TranscriptProcess.RunAsync(cell, TestContext.Current.CancellationToken));
    }

    /// <summary>
    /// On demand, with ARIA_MATRIX set to the file that its result is written to; in parts with ARIA_MATRIX_PART=i/n, which are joined in that file. About half an hour on two cores.
    /// </summary>
    [Fact]
    public async Task EveryCell_GivesTheDigest()
    {
        string? file = Environment.GetEnvironmentVariable("ARIA_MATRIX");
        Assert.SkipUnless(file is not null, "all cells run on demand, with ARIA_MATRIX=FILE");
        int[] part = [.. (Environment.GetEnvironmentVariable("ARIA_MATRIX_PART") ?? "0/1").Split('/').Select(number => int.Parse(number, CultureInfo.InvariantCulture))];
        MatrixReport report = File.Exists(file) ? MatrixReport.Read(file) : MatrixReport.Empty(part[1]);
        report.CheckJoins(part[0], part[1]);
        ConcurrentDictionary<string, int> names = new();
        ConcurrentBag<string> wrong = [];
        TranscriptCell[] cells = [.. TranscriptCell.All.Where((_, i) => i % part[1] == part[0])];
        await Parallel.ForEachAsync(cells, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, async (cell, cancellationToken) =>
        {
            (string digest, string name) = await TranscriptProcess.RunAsync(cell, cancellationToken);
            names.AddOrUpdate(name, 1, (_, count) => count + 1);
            if (digest != TranscriptVector.Digest || name != cell.ExpectedName)
            {
                wrong.Add($"{cell}: {digest} {name}");
            }
        });
        report.With(part[0], cells.Length, names, wrong).Write(file!);
        Assert.Empty(wrong);
    }

    [Fact]
    public void TheKeptMatrix_IsOfTheseRules_AndAllEqual()
    {
        MatrixReport report = MatrixReport.Read(Path.Combine(TranscriptVector.Folder, "matrix.json"));
        Assert.Equal((NumericSpec.Id, TranscriptVector.Digest), (report.NumericSpec, report.Digest));
        Assert.Equal(MatrixReport.AxesNow, report.Axes);
        Assert.Empty(report.Different);
        Assert.Equal(report.Parts.Distinct().Order(), report.Parts);
        Assert.All(report.Parts, part => Assert.InRange(part, 0, report.PartsOfTheWhole - 1));
        Assert.Equal(TranscriptCell.All.Count(), report.CellsOfTheWhole);
        Assert.Equal(Enumerable.Range(0, report.CellsOfTheWhole).Count(cell => report.Parts.Contains(cell % report.PartsOfTheWhole)), report.Cells);
        Assert.Equal(report.Cells, report.CellsByKernelsInUse.Values.Sum());
    }

    [Fact]
    public void PartsJoin_OncePerPart_OfOneEngineAlone()
    {
        MatrixReport first = MatrixReport.Empty(2).With(1, 3, new Dictionary<string, int> { ["scalar"] = 2, ["avx2"] = 1 }, ["a cell"]);
        first.CheckJoins(0, 2);
        MatrixReport both = first.With(0, 2, new Dictionary<string, int> { ["scalar"] = 2 }, []);
        Assert.Equal([0, 1], both.Parts);
        Assert.Equal((5, 4, 1), (both.Cells, both.CellsByKernelsInUse["scalar"], both.CellsByKernelsInUse["avx2"]));
        Assert.Equal(["a cell"], both.Different);
        Assert.Throws<InvalidOperationException>(() => both.CheckJoins(1, 2));
        Assert.Throws<InvalidOperationException>(() => both.CheckJoins(2, 3));
        Assert.Throws<InvalidOperationException>(() => (first with { Commit = "another" }).CheckJoins(0, 2));
    }

    [Fact]
    public void TheSelection_HasEveryPair()
    {
        int[] sizes = TranscriptCell.Axes.Sizes;
        List<int[]> points = PairwiseCover.Of(sizes);
        for (int a = 0; a < sizes.Length; a++)
        {
            for (int b = 0; b < a; b++)
            {
                Assert.Equal(sizes[a] * sizes[b], points.Select(point => (point[a], point[b])).Distinct().Count());
            }
        }

        Assert.InRange(points.Count, sizes.Order().TakeLast(2).Aggregate((x, y) => x * y), 60);
    }

    [Fact]
    public void TheVectorNamesTheseRules() => Assert.Equal(NumericSpec.Id, TranscriptVector.NumericSpec);

    [Fact]
    public void EachPosition_HasItsDigest()
    {
        using ModelFile model = ModelFile.Open("aria-tiny");
        using StageChain chain = new(model, 1, new());
        Recording recording = chain.Run(TranscriptVector.Tokens, 1, TranscriptVector.Candidates);
        Assert.Equal(TranscriptVector.Positions, TranscriptVector.Tokens.Select((_, position) => recording.At(position).ToString()));
    }
}
