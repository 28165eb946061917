using System.Text.Json;
using Aria.Testing;

namespace Aria.Cli.Tests.Doctor;

public sealed class DoctorTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("aria-doctor-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task EveryCheck_IsInTheDocument()
    {
        ProgramRun run = await RunAsync(_root, "doctor", "--json");
        using JsonDocument document = JsonDocument.Parse(run.Output);
        string[] ids = [.. document.RootElement.GetProperty("checks").EnumerateArray().Select(check => check.GetProperty("id").GetString()!)];
        Assert.Subset(ids.ToHashSet(), new HashSet<string> { "runtime", "cpu", "memory", "state", "data", "ports", "testnet" });
        Assert.Equal(ids.Length, new[] { "passed", "warnings", "failed" }.Sum(name => document.RootElement.GetProperty(name).GetInt32()));
    }

    [Fact]
    public async Task FolderThatCannotBeWritten_Fails_WithAFix()
    {
        string file = Path.Combine(_root, "file");
        await File.WriteAllTextAsync(file, "", TestContext.Current.CancellationToken);
        ProgramRun run = await RunAsync(file, "doctor");
        Assert.Equal(ExitCode.CheckFailed, run.ExitCode);
        Assert.Contains("FAIL state", run.Output, StringComparison.Ordinal);
        Assert.Contains("-> choose another folder", run.Output, StringComparison.Ordinal);
    }

    private static Task<ProgramRun> RunAsync(string home, params string[] arguments) =>
        AriaProgram.RunAsync(arguments, new Dictionary<string, string> { ["ARIA_HOME"] = home }, cancellationToken: TestContext.Current.CancellationToken);
}
