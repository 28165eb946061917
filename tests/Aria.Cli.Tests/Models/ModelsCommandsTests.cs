using System.Text.Json;
using Aria.Testing;

namespace Aria.Cli.Tests.Models;

/// <summary><c>models synth</c> and <c>models verify</c>, as processes.</summary>
public sealed class ModelsCommandsTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("aria-models-");

    public void Dispose() => _folder.Delete(recursive: true);

    private string File(string name) => Path.Combine(_folder.FullName, name);

    private static Task<ProgramRun> RunAsync(params string[] arguments) =>
        AriaProgram.RunAsync(arguments, cancellationToken: TestContext.Current.CancellationToken);

    private Task<ProgramRun> SynthAsync(string file, params string[] more) =>
        RunAsync(["--json", "models", "synth", "falcon-e-1b", "-o", File(file), "--layers", "1", "--tokens", "1024", .. more]);

    private static JsonElement Document(ProgramRun run) => JsonDocument.Parse(run.Output).RootElement;

    [Fact]
    public async Task ASyntheticFile_IsTheSameForASeed_AndVerifies()
    {
        ProgramRun one = await SynthAsync("one.gguf", "--seed", "5"), two = await SynthAsync("two.gguf", "--seed", "5"), other = await SynthAsync("other.gguf", "--seed", "6", "--type", "tq2_0");
        Assert.True(one.ExitCode == ExitCode.Ok, one.ToString());
        string sha256 = Document(one).GetProperty("sha256").GetString()!;
        Assert.Equal(sha256, Document(two).GetProperty("sha256").GetString());
        Assert.NotEqual(sha256, Document(other).GetProperty("sha256").GetString());
        Assert.Equal("tq2_0", Document(other).GetProperty("type").GetString());

        ProgramRun verified = await RunAsync("--json", "models", "verify", File("one.gguf"), "--sha256", sha256);
        Assert.True(verified.ExitCode == ExitCode.Ok, verified.ToString());
        Assert.Equal(sha256, Document(verified).GetProperty("sha256").GetString());
        Assert.Equal(1, Document(verified).GetProperty("layer_digests").GetArrayLength());
        Assert.Equal(["one.gguf", "other.gguf", "two.gguf"], _folder.GetFiles().Select(file => file.Name).Order());
    }

    [Fact]
    public async Task AnotherDigestThanExpected_ExitsWith4_AndNoModelWith5()
    {
        await SynthAsync("one.gguf");
        string zeros = new('0', 64);
        ProgramRun run = await RunAsync("--json", "models", "verify", File("one.gguf"), "--sha256", zeros, "--id", zeros);
        Assert.Equal(ExitCode.CheckFailed, run.ExitCode);
        Assert.Equal(2, Document(run).GetProperty("failures").GetArrayLength());
        await System.IO.File.WriteAllTextAsync(File("text.gguf"), "no model", TestContext.Current.CancellationToken);
        Assert.Equal(ExitCode.Precondition, (await RunAsync("models", "verify", File("text.gguf"))).ExitCode);
        ProgramRun builtIn = await RunAsync("models", "verify", "aria-tiny");
        Assert.Equal(ExitCode.Usage, builtIn.ExitCode);
        Assert.Contains("aria models inspect aria-tiny", builtIn.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatCannotBeMade_IsRefused_AndNothingIsOverwritten()
    {
        Assert.Equal(ExitCode.Usage, (await RunAsync("models", "synth", "gpt-5", "-o", File("x.gguf"))).ExitCode);
        Assert.Equal(ExitCode.Usage, (await RunAsync("models", "synth", "bitnet_b1_58-3B", "-o", File("x.gguf"), "--type", "tq2_0")).ExitCode);
        Assert.Equal(ExitCode.Usage, (await RunAsync("models", "synth", "falcon-e-1b", "-o", File("x.gguf"), "--layers", "25")).ExitCode);
        Assert.Equal(ExitCode.Precondition, (await RunAsync("models", "synth", "falcon-e-1b", "-o", File(Path.Combine("none", "x.gguf")))).ExitCode);
        await System.IO.File.WriteAllTextAsync(File("kept.gguf"), "kept", TestContext.Current.CancellationToken);
        Assert.Equal(ExitCode.Precondition, (await SynthAsync("kept.gguf")).ExitCode);
        Assert.Equal("kept", await System.IO.File.ReadAllTextAsync(File("kept.gguf"), TestContext.Current.CancellationToken));
        Assert.Equal(ExitCode.Ok, (await SynthAsync("kept.gguf", "--force")).ExitCode);
        Assert.Equal(["kept.gguf"], _folder.GetFiles().Select(file => file.Name));
    }

    [Fact]
    public async Task ACheckpoint_IsImported_AndWhatIsNoneIsRefused()
    {
        string weights = Fixtures.Path("data", "models", "hkust-bitllama-3M-lsb.bin"), tokenizer = Fixtures.Path("data", "models", "hkust-tok512.model");
        ProgramRun run = await RunAsync("--json", "models", "import", weights, "-o", File("hkust.gguf"), "--tokenizer", tokenizer, "--name", "hkust");
        Assert.True(run.ExitCode == ExitCode.Ok, run.ToString());
        ProgramRun verified = await RunAsync("--json", "models", "verify", File("hkust.gguf"), "--sha256", Document(run).GetProperty("sha256").GetString()!, "--id", Document(run).GetProperty("model_id").GetString()!);
        Assert.True(verified.ExitCode == ExitCode.Ok, verified.ToString());
        Assert.Equal(ExitCode.Precondition, (await RunAsync("models", "import", weights, "-o", File("hkust.gguf"), "--tokenizer", tokenizer)).ExitCode);

        Assert.Equal(ExitCode.Precondition, (await RunAsync("models", "import", File("none"), "-o", File("x.gguf"))).ExitCode);
        ProgramRun folder = await RunAsync("--json", "models", "import", _folder.FullName, "-o", File("x.gguf"));
        Assert.Equal(ExitCode.Precondition, folder.ExitCode);
        Assert.Contains("holds no config.json", Document(folder).GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, (await RunAsync("models", "import", weights, "-o", File("x.gguf"), "--numbers", "q4")).ExitCode);
        Assert.Equal(["hkust.gguf"], _folder.GetFiles().Select(file => file.Name));
    }
}
