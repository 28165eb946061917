using System.Diagnostics;
using System.Runtime.InteropServices;
using Aria.Engine.Execution;
using Aria.Engine.Tests.Execution.Transcripts;
using Aria.Testing;

[assembly: AssemblyFixture(typeof(Arm64Program))]

namespace Aria.Engine.Tests.Execution.Transcripts;

/// <summary>The transcript program built for arm64, its native kernels too, on the first demand; an emulator runs it.</summary>
public sealed class Arm64Program : IAsyncDisposable
{
    private const string Emulator = "qemu-aarch64-static";
    private const string Compiler = "aarch64-linux-gnu-g++";

    private readonly Lazy<Task<(string Folder, string? Missing)>> _built = new(BuildAsync);

    /// <summary>The digest and the kernels' name that it prints on a processor of the emulator; skips the test where something is missing.</summary>
    /// <exception cref="InvalidOperationException">It could not be built, or printed something else.</exception>
    public async Task<(string Digest, string Kernels)> RunAsync(string processor, string[] arguments, CancellationToken cancellationToken)
    {
        (string folder, string? missing) = await _built.Value.WaitAsync(cancellationToken);
        Assert.SkipUnless(missing is null, missing ?? "");       // not demanded, not in CI either: emulator and libraries are there where Debian offers them
        ProcessStartInfo start = new(Emulator, ["-cpu", processor, Path.Combine(folder, "Aria.Engine.Transcript"), .. arguments]);
        start.Environment["QEMU_LD_PREFIX"] = Root;
        start.Environment["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"] = "1";       // no ICU in that root
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";                // pages mapped twice are what the emulator is slow at
        return await TranscriptProcess.RunAsync(start, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_built.IsValueCreated && (await _built.Value).Folder is { Length: > 0 } folder)
        {
            Directory.Delete(Path.GetDirectoryName(folder)!, recursive: true);
        }
    }

    private static string Root => Path.Combine(Fixtures.RepositoryRoot, "artifacts", "arm64-root");

    private static async Task<(string, string?)> BuildAsync()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            return ("", "the emulator is used on Linux on x64");
        }

        if (((string[])[Emulator, Compiler, "cmake", "dotnet"]).FirstOrDefault(program => !Prerequisite.HasProgram(program)) is { } program)
        {
            return ("", $"{program} is not on the PATH");
        }

        if (!File.Exists(Path.Combine(Root, "complete")))
        {
            return ("", "no arm64 libraries in artifacts/arm64-root (tests/arm64-root lays them out)");
        }

        string work = Directory.CreateTempSubdirectory("aria-arm64-").FullName;
        string project = Path.Combine(Fixtures.RepositoryRoot, "tests", "Aria.Engine.Transcript");
        string[] options = ["-r", "linux-arm64", "--artifacts-path", work, $"-p:NativeBuild={work}/native/", "-p:SelfContained=true", "-nodeReuse:false", "-v", "quiet", "-nologo"];
        if (await DotnetAsync(["restore", project, .. options]) is { Code: not 0 } restore)
        {
            return ("", $"the runtime for linux-arm64 cannot be restored: {restore.Output}");
        }

        string folder = Path.Combine(work, "program");
        (int code, string output) = await DotnetAsync(["publish", project, "--no-restore", "-c", "Release", "-o", folder, "-p:UseSharedCompilation=false", .. options]);
        return code == 0 ? (folder, null) : throw new InvalidOperationException($"dotnet publish: {code}\n{output}");
    }

    private static async Task<(int Code, string Output)> DotnetAsync(string[] arguments)
    {
        ProcessStartInfo start = new("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "false";       // nothing may stay behind and hold the output open
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output + await errors);
    }
}
