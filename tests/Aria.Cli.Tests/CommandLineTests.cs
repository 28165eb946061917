using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Aria.Testing;

namespace Aria.Cli.Tests;

/// <summary>The built program, as a process: what it prints where, and how it exits.</summary>
public sealed class CommandLineTests
{
    [Fact]
    public async Task BareCommand_ShowsHelp_AndSucceeds()
    {
        ProgramRun run = await RunAsync();
        Assert.Equal(ExitCode.Ok, run.ExitCode);
        Assert.Contains("Usage:", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Version_IsOneLine() => Assert.Equal("0.1.0\n", (await RunAsync("--version")).Output);

    [Theory]
    [InlineData("bogus")]
    [InlineData("--bogus")]
    public async Task WrongLine_IsAUsageError_WithNothingOnStandardOutput(params string[] arguments)
    {
        ProgramRun run = await RunAsync(arguments);
        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.Empty(run.Output);
        Assert.NotEmpty(run.Error);
    }

    [Fact]
    public async Task WrongLine_WithJson_IsOneErrorDocument()
    {
        ProgramRun run = await RunAsync("--json", "--nodes");
        Assert.Equal(ExitCode.Usage, run.ExitCode);
        using JsonDocument document = JsonDocument.Parse(run.Output);
        Assert.Equal("usage", document.RootElement.GetProperty("error").GetProperty("code").GetString());
    }

    [Theory]
    [InlineData("aria")]
    [InlineData("testnet")]
    [InlineData("dht", "find")]
    public async Task CommandThatIsMissing_WithJson_IsOneErrorDocument_AndElseHelp(params string[] group)
    {
        string[] words = group is ["aria"] ? [] : group;
        ProgramRun run = await RunAsync([.. words, "--json"]);
        Assert.Equal(ExitCode.Usage, run.ExitCode);
        using JsonDocument document = JsonDocument.Parse(run.Output);
        Assert.Equal("usage", document.RootElement.GetProperty("error").GetProperty("code").GetString());
        ProgramRun plain = await RunAsync(words);
        Assert.Contains("Usage:", words.Length == 0 ? plain.Output : plain.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("models", "inspect", "")]
    [InlineData("ledger", "verify", "--dir", "")]
    [InlineData("bench", "throughput", "--model", "aria-tiny", "--model", "")]
    [InlineData("node", "run", "--network", "two words")]
    [InlineData("node", "run", "--name", "../elsewhere")]
    public async Task WordThatSaysNothing_OrCannotBeAName_IsAUsageError(params string[] arguments) =>
        Assert.Equal(ExitCode.Usage, (await RunAsync(arguments)).ExitCode);

    [Fact]
    public async Task HomeThatIsAFile_IsAPrecondition_AndNamed()
    {
        string home = Path.Combine(Fixtures.RepositoryRoot, "global.json");
        ProgramRun run = await RunAsync("testnet", "up", "--json", "--home", home, "--port", "0", "--peer-port", "0");
        Assert.Equal(ExitCode.Precondition, run.ExitCode);
        Assert.Contains(home, JsonDocument.Parse(run.Output).RootElement.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AddressThatThisMachineHasNot_IsBlamedOnNobody()
    {
        using TcpListener other = new(IPAddress.Loopback, 0);
        other.Start();
        int port = ((IPEndPoint)other.LocalEndpoint).Port;
        string home = Directory.CreateTempSubdirectory("aria-home-").FullName;
        ProgramRun foreign = await RunAsync("node", "run", "--home", home, "--listen", $"/ip4/192.0.2.1/tcp/{port}");
        ProgramRun taken = await RunAsync("node", "run", "--home", home, "--listen", $"/ip4/127.0.0.1/tcp/{port}");
        Assert.Equal((ExitCode.Precondition, ExitCode.Precondition), (foreign.ExitCode, taken.ExitCode));
        Assert.DoesNotContain("is held by", foreign.Error, StringComparison.Ordinal);
        Assert.Contains("is held by", taken.Error, StringComparison.Ordinal);
        Directory.Delete(home, recursive: true);
    }

    [Theory]
    [InlineData("--psk", "no/such/file", "cannot be read")]
    [InlineData("--psk", "global.json", "is no key file")]
    [InlineData("--relay", "/ip4/127.0.0.1/tcp/1", "does not end in /p2p")]
    public async Task NodeRun_WithAKeyOrARelayThatIsNone_SaysSo(string flag, string value, string reason)
    {
        ProgramRun run = await RunAsync("node", "run", "--seed", "x", flag, value == "global.json" ? Path.Combine(Fixtures.RepositoryRoot, value) : value);
        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.Contains(reason, run.Error, StringComparison.Ordinal);
    }

    private static Task<ProgramRun> RunAsync(params string[] arguments) =>
        AriaProgram.RunAsync(arguments, cancellationToken: TestContext.Current.CancellationToken);
}
