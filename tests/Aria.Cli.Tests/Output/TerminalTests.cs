using System.Text.Json;
using Aria.Cli.Output;

namespace Aria.Cli.Tests.Output;

public sealed class TerminalTests
{
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    [Fact]
    public void Json_LeavesStandardOutputToTheOneDocument()
    {
        Terminal terminal = Terminal(json: true);
        terminal.Line("for people");
        terminal.Remark("a remark");
        terminal.Failure(CommandFailedException.Precondition("port_busy", "port 7420 is held", "aria testnet down"));
        using JsonDocument document = JsonDocument.Parse(_output.ToString());
        Assert.Equal("port_busy", document.RootElement.GetProperty("error").GetProperty("code").GetString());
        Assert.Contains("for people", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void WithoutJson_DocumentsAreNotPrinted()
    {
        Terminal(json: false).Document(ErrorDocument.Of(CommandFailedException.Usage("x")), CliJson.Documents.ErrorDocument);
        Assert.Empty(_output.ToString());
    }

    [Fact]
    public void Failure_IsOneLineAndTheNextStep()
    {
        Terminal(json: false).Failure(CommandFailedException.Unreachable("no testnet runs", "aria testnet up"));
        Assert.Equal("error: no testnet runs\n  next: aria testnet up\n", _error.ToString());
        Assert.Empty(_output.ToString());
    }

    [Fact]
    public async Task Steps_ArePlainLines_WhereNothingCanBeRedrawn()
    {
        Steps steps = new(Terminal(json: false), TimeProvider.System);
        await steps.RunAsync("Started 4 nodes", () => Task.FromResult(4), _ => "n1 n2 n3 n4");
        string line = Assert.Single(_output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith(" ✓ Started 4 nodes      n1 n2 n3 n4", line, StringComparison.Ordinal);
        Assert.DoesNotContain("\e", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FailedStep_IsMarked_AndItsErrorPasses()
    {
        Steps steps = new(Terminal(json: false), TimeProvider.System);
        await Assert.ThrowsAsync<InvalidOperationException>(() => steps.RunAsync<int>("Warm-up", () => throw new InvalidOperationException(), _ => ""));
        Assert.Equal(" ✗ Warm-up\n", _output.ToString());
    }

    [Fact]
    public void Table_AlignsColumns()
    {
        TextTable table = new("NODE", "LAYERS");
        table.Add("n1", "0-4");
        Assert.Equal(" NODE  LAYERS\n n1    0-4", table.ToString());
    }

    private Terminal Terminal(bool json) => new(_output, _error, new(json, Quiet: false, Verbose: false, OutputIsTerminal: false, ErrorIsTerminal: false, Color: true));
}
