using Aria.Engine.Execution;

namespace Aria.Engine.Tests.Execution.Transcripts;

/// <summary>The golden transcript on another processor than this one: the engine built for arm64, under an emulator, with what several processors can.</summary>
public class Arm64TranscriptTests(Arm64Program program)
{
    [Theory]
    [InlineData("max", KernelPath.Scalar, "scalar", 1, 0, 1, 0)]
    [InlineData("max", KernelPath.Simd, "neon-dot", 2, 7, 2, 2)]
    [InlineData("cortex-a57", KernelPath.Simd, "vector128", 3, 64, 3, 0)]
    [InlineData("max", KernelPath.Native, "native-neon-i8mm", 1, 7, 3, 2)]
    [InlineData("cortex-a76", KernelPath.Native, "native-neon-dotprod", 8, 1, 2, 0)]
    [InlineData("cortex-a57", KernelPath.Native, "native-portable", 2, 64, 1, 2)]
    public async Task ACell_GivesTheDigest(string processor, KernelPath kernels, string inUse, int stages, int chunk, int threads, int company) =>
        Assert.Equal(
            (TranscriptVector.Digest, inUse),
            await program.RunAsync(processor, TranscriptProcess.Arguments(stages, chunk, threads, kernels, company), TestContext.Current.CancellationToken));
}
