using Aria.Engine.Models;
using Aria.Engine.Models.Gguf;
using Aria.Engine.Models.Import;
using Aria.Testing;

namespace Aria.Engine.Tests.Models;

/// <summary>A model that others trained ternary from the start, turned from its own file into GGUF by the import.</summary>
internal static class HkustModel
{
    public static string Weights => Fixtures.Path("data", "models", "hkust-bitllama-3M-lsb.bin");

    public static string Tokenizer => Fixtures.Path("data", "models", "hkust-tok512.model");

    /// <summary>The GGUF file.</summary>
    public static byte[] Convert(NumberFormat numbers = NumberFormat.F32, TernaryFormat ternary = TernaryFormat.I2S)
    {
        using Checkpoint checkpoint = Checkpoint.Open(Weights, new() { Tokenizer = Tokenizer, Name = "hkust-bitllama-3M", Numbers = numbers, Ternary = ternary });
        using MemoryStream file = new();
        checkpoint.Write(file, null, TestContext.Current.CancellationToken);
        Assert.Equal(checkpoint.FileBytes, file.Length);
        using ModelFile written = NanoModel.Open(file.ToArray());
        checkpoint.Verify(written, null, TestContext.Current.CancellationToken);
        return file.ToArray();
    }
}
