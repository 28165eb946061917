using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Aria.Engine.Execution;
using Aria.Engine.Kernels;
using Aria.Engine.Models;
using Aria.Engine.Transcript;
using Aria.Testing;

namespace Aria.Engine.Tests.Execution;

/// <summary>
/// One digest over every boundary and every candidate, written by an engine that shares no code with this one, and reached here by every way of computing:
/// stages, prefill chunks, threads and kernels, each cell of the matrix in a process of its own.
/// </summary>
public class TranscriptTests
{
    private static readonly JsonElement Vector = JsonDocument
        .Parse(File.ReadAllBytes(Path.Combine(Fixtures.RepositoryRoot, "specs", "vectors", "numerics", "transcript.json"))).RootElement;

    private static uint[] Tokens => [.. Vector.GetProperty("tokens").EnumerateArray().Select(token => token.GetUInt32())];

    private static string Expected => Vector.GetProperty("digest").GetString()!;

    private static int Candidates => Vector.GetProperty("candidates").GetInt32();

    /// <summary>Stages, prefill chunk (0 is the whole prompt), threads.</summary>
    public static MatrixTheoryData<int, int, int> Cells { get; } = new([1, 2, 4, 8], [1, 7, 0], [1, 2]);

    [Theory]
    [MemberData(nameof(Cells))]
    public Task Scalar_InAProcessOfItsOwn(int stages, int chunk, int threads) => CheckAsync(stages, chunk, threads, KernelPath.Scalar, "scalar");

    [Theory]
    [MemberData(nameof(Cells))]
    public Task Simd_InAProcessOfItsOwn(int stages, int chunk, int threads) => CheckAsync(stages, chunk, threads, KernelPath.Simd, null);

    [Theory]
    [MemberData(nameof(Cells))]
    public Task Native_InAProcessOfItsOwn(int stages, int chunk, int threads)
    {
        Prerequisite.Demand(NativeLibraryTable.Missing is null, $"the native kernels: {NativeLibraryTable.Missing}");
        return CheckAsync(stages, chunk, threads, KernelPath.Native, $"native-{NativeLibraryTable.Tables[0].Name}");
    }

    [Theory]
    [InlineData("DOTNET_EnableAVX512", "avx2")]
    [InlineData("DOTNET_EnableAVX2", "vector128")]
    [InlineData("DOTNET_EnableHWIntrinsic", "vector128")]
    [InlineData("DOTNET_EnableFMA", null)]
    [InlineData("DOTNET_EnableGFNI", null)]
    [InlineData("DOTNET_TieredCompilation", null)]
    public Task Simd_WithLessOfTheMachine(string off, string? name)
    {
        Assert.SkipUnless(RuntimeInformation.ProcessArchitecture == Architecture.X64, "the switches are those of x64");
        return CheckAsync(2, 7, 1, KernelPath.Simd, name, off);
    }

    [Fact]
    public void TheVectorNamesTheseRules() => Assert.Equal(NumericSpec.Id, Vector.GetProperty("numeric_spec").GetString());

    [Fact]
    public void TheFirstPositions_OneByOne()
    {
        using ModelFile model = ModelFile.Open("aria-tiny");
        using StageChain chain = new(model, 1, new() { Kernels = KernelPath.Scalar });
        string first = Vector.GetProperty("positions")[0].GetString()!;
        Assert.Equal(first, chain.Run(Tokens.AsSpan(0, 1), 1, Candidates).ToString());
    }

    private static async Task CheckAsync(int stages, int chunk, int threads, KernelPath kernels, string? name, string? off = null)
    {
        string[] arguments =
        [
            .. ((int[])[stages, chunk, threads]).Select(number => number.ToString(CultureInfo.InvariantCulture)), kernels.ToString(),
            Candidates.ToString(CultureInfo.InvariantCulture), .. Tokens.Select(token => token.ToString(CultureInfo.InvariantCulture)),
        ];
        string program = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "Aria.Engine.Transcript.exe" : "Aria.Engine.Transcript");
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (off is not null)
        {
            start.Environment[off] = "0";
        }

        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal("", await errors);
        string[] words = output.Split((char[])[' ', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, words.Length);
        Assert.Equal(Expected, words[0]);
        Assert.True(name is null || name == words[1], words[1]);
    }
}
