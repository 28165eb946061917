using System.Diagnostics;
using Aria.Testing;

namespace Aria.Libp2p.Tests;

/// <summary>The sample program, which is also the quick start of the README.</summary>
public sealed class SampleTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public void QuickStart_IsTheSample()
    {
        string program = Text("samples", "EchoAndPing", "Program.cs"), readme = Text("src", "Aria.Libp2p", "README.md");
        Assert.Contains($"```csharp\n{program}```", readme, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sample_EchoesAndPings_BetweenTwoProcesses()
    {
        using Process listener = Start();
        string address = (await listener.StandardOutput.ReadLineAsync(Stop))!;
        using Process dialer = Start(address, "well met");
        Assert.Equal("well met", await dialer.StandardOutput.ReadLineAsync(Stop));
        Assert.EndsWith(" µs", await dialer.StandardOutput.ReadLineAsync(Stop), StringComparison.Ordinal);
        await dialer.WaitForExitAsync(Stop);
        listener.StandardInput.Close();
        await listener.WaitForExitAsync(Stop);
        Assert.Equal((0, 0), (dialer.ExitCode, listener.ExitCode));
    }

    private static string Text(params string[] path) => File.ReadAllText(Path.Combine([Fixtures.RepositoryRoot, .. path])).ReplaceLineEndings("\n");

    // Built beside this program, in the same configuration.
    private static Process Start(params string[] arguments)
    {
        string configuration = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        string sample = Path.Combine(Fixtures.RepositoryRoot, "artifacts", "bin", "EchoAndPing", configuration, "EchoAndPing.dll");
        return Process.Start(new ProcessStartInfo("dotnet", [sample, .. arguments])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, StandardOutputEncoding = System.Text.Encoding.UTF8,
        })!;
    }
}
