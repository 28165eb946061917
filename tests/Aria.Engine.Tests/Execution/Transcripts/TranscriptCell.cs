using System.Runtime.Intrinsics.X86;
using Aria.Engine.Execution;
using Aria.Engine.Kernels;

namespace Aria.Engine.Tests.Execution.Transcripts;

/// <summary>One way of computing the transcript.</summary>
/// <param name="Kernels">Of <see cref="Axes.Kernels"/>.</param>
/// <param name="Chunk">Positions at once; 0 is the whole prompt.</param>
/// <param name="Threads">Compute threads.</param>
/// <param name="Stages">Engines in a row.</param>
/// <param name="Company">Other sequences in the same calls.</param>
/// <param name="Setting">Of the runtime, as an environment variable is written; empty for none.</param>
public sealed record TranscriptCell(string Kernels, int Chunk, int Threads, int Stages, int Company, string Setting)
{
    /// <summary>What can differ, and how.</summary>
    public static class Axes
    {
        public static string[] Kernels { get; } = ["scalar", "avx2", "avx512", "native"];

        public static int[] Chunks { get; } = [1, 7, 64, 0];

        public static int[] Threads { get; } = [1, 2, 3];

        public static int[] Stages { get; } = [1, 2, 3, 8];

        public static int[] Company { get; } = [0, 2];

        public static string[] Settings { get; } =
        [
            "", "DOTNET_TieredCompilation=0", "DOTNET_TieredPGO=0", "DOTNET_ReadyToRun=0", "DOTNET_EnableAVX512=0", "DOTNET_EnableAVX2=0", "DOTNET_EnableHWIntrinsic=0",
        ];

        /// <summary>How many values each has.</summary>
        public static int[] Sizes { get; } = [Kernels.Length, Chunks.Length, Threads.Length, Stages.Length, Company.Length, Settings.Length];
    }

    /// <summary>All cells.</summary>
    public static IEnumerable<TranscriptCell> All =>
        from kernels in Axes.Kernels
        from chunk in Axes.Chunks
        from threads in Axes.Threads
        from stages in Axes.Stages
        from company in Axes.Company
        from setting in Axes.Settings
        select new TranscriptCell(kernels, chunk, threads, stages, company, setting);

    /// <summary>The cell that has these values of the axes.</summary>
    public static TranscriptCell Of(int[] at) =>
        new(Axes.Kernels[at[0]], Axes.Chunks[at[1]], Axes.Threads[at[2]], Axes.Stages[at[3]], Axes.Company[at[4]], Axes.Settings[at[5]]);

    /// <summary>What the engine is asked for.</summary>
    public KernelPath Path => Kernels switch { "scalar" => KernelPath.Scalar, "native" => KernelPath.Native, _ => KernelPath.Simd };

    /// <summary>What it must say it uses.</summary>
    public string ExpectedName =>
        Kernels == "scalar" ? "scalar"
        : Kernels == "native" ? $"native-{NativeLibraryTable.Best!.Name}"
        : Setting is "DOTNET_EnableAVX2=0" or "DOTNET_EnableHWIntrinsic=0" || !Avx2.IsSupported ? "vector128"
        : Kernels == "avx2" || Setting == "DOTNET_EnableAVX512=0" || !Avx512BW.IsSupported ? "avx2"
        : "avx512";

    /// <summary>Environment variables that make it so.</summary>
    public IEnumerable<string> Variables => Kernels == "avx2" && Setting != "DOTNET_EnableAVX512=0" ? ["DOTNET_EnableAVX512=0", Setting] : [Setting];
}
