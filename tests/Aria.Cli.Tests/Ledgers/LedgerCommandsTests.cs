using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Aria.Ledger;
using Aria.Ledger.Entries;
using Aria.Testing;
using Aria.Testing.Jobs;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aria.Cli.Tests.Ledgers;

/// <summary>The built program over a log on disk that no node serves.</summary>
public sealed class LedgerCommandsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("aria-log-").FullName;
    private readonly SampleJob _job = new();

    public void Dispose()
    {
        _job.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task SoundLog_IsValid_AndItsRecordIsShown()
    {
        await AppendAsync(EntryKind.Record, _job.Seal(_job.Record()));
        ProgramRun run = await RunAsync("ledger", "verify", "--dir", _folder, "--json");
        Assert.True(run.ExitCode == ExitCode.Ok, run.ToString());
        JsonElement verify = JsonDocument.Parse(run.Output).RootElement;
        Assert.Equal("valid", verify.GetProperty("verdict").GetString());
        Assert.Equal(1, verify.GetProperty("logs")[0].GetProperty("records").GetInt32());

        JsonElement entries = JsonDocument.Parse((await RunAsync("ledger", "list", "--dir", _folder, "--json")).Output).RootElement.GetProperty("entries");
        Assert.Equal(["manifest", "record"], entries.EnumerateArray().Select(entry => entry.GetProperty("kind").GetString()));
        string id = entries[1].GetProperty("record").GetProperty("record").GetString()!;
        foreach (string reference in new[] { "last", "1", id[..8], id })
        {
            ProgramRun show = await RunAsync("ledger", "show", reference, "--dir", _folder, "--json");
            Assert.True(show.ExitCode == ExitCode.Ok, show.ToString());
            Assert.Equal(id, JsonDocument.Parse(show.Output).RootElement.GetProperty("record").GetProperty("record").GetString());
        }
    }

    [Fact]
    public async Task RecordThatContradictsItself_MakesItsLogInvalid()
    {
        await AppendAsync(EntryKind.Record, _job.Seal(_job.Record() with { CompletionTokens = 99 }));
        ProgramRun run = await RunAsync("ledger", "verify", "--dir", _folder);
        Assert.Equal(ExitCode.CheckFailed, run.ExitCode);
        Assert.Contains("INVALID", run.Output, StringComparison.Ordinal);
        Assert.Contains("entry 1", run.Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.CheckFailed, (await RunAsync("ledger", "show", "last", "--dir", _folder)).ExitCode);
    }

    [Fact]
    public async Task AuditOfARecord_IsNotJudgedByItsNeighbours()
    {
        await AppendAsync(EntryKind.Record, _job.Seal(_job.Record() with { CompletionTokens = 99 }));
        await AppendAsync(EntryKind.EnergyWindow, new byte[] { 1, 2, 3 });
        await AppendAsync(EntryKind.Record, _job.Seal(_job.Record()));
        ProgramRun run = await RunAsync("audit", "last", "--dir", _folder);
        Assert.True(run.ExitCode == ExitCode.Ok, run.ToString());
        Assert.Contains("entry 3 of 4", run.Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.CheckFailed, (await RunAsync("audit", "1", "--dir", _folder)).ExitCode);
        Assert.Equal(ExitCode.CheckFailed, (await RunAsync("ledger", "verify", "--dir", _folder)).ExitCode);
    }

    [Fact]
    public async Task KindThatNobodyHereKnows_LeavesTheVerdictOpen()
    {
        await AppendAsync(EntryKind.EnergyWindow, new byte[] { 1, 2, 3 });
        Assert.Equal(ExitCode.Inconclusive, (await RunAsync("ledger", "verify", "--dir", _folder)).ExitCode);
    }

    [Fact]
    public async Task FolderWithoutALog_IsInconclusive_NeverValid() =>
        Assert.Equal(ExitCode.Inconclusive, (await RunAsync("ledger", "verify", "--dir", _folder)).ExitCode);

    [Fact]
    public async Task NodeThatNeverAnswers_IsGivenUp_WhenTheTimeIsUp()
    {
        using TcpListener deaf = new(IPAddress.Loopback, 0);
        deaf.Start();
        string address = $"/ip4/127.0.0.1/tcp/{((IPEndPoint)deaf.LocalEndpoint).Port}/p2p/12D3KooWMh5XeN7n3HXWKg9sr2S5TQWhbQxTeTnoaLCESaS5QnGK";
        foreach (string[] command in new string[][] { ["ledger", "verify"], ["audit", "last"] })
        {
            ProgramRun run = await RunAsync([.. command, "--node", address, "--timeout", "100ms"]);
            Assert.True(run.ExitCode == ExitCode.Timeout, run.ToString());
        }
    }

    [Fact]
    public async Task UnknownRecord_AndNonsense_HaveTheirOwnStatus()
    {
        await AppendAsync(EntryKind.Record, _job.Seal(_job.Record()));
        Assert.Equal(ExitCode.Precondition, (await RunAsync("ledger", "show", "7", "--dir", _folder)).ExitCode);
        Assert.Equal(ExitCode.Usage, (await RunAsync("ledger", "show", "what", "--dir", _folder)).ExitCode);
        Assert.Equal(ExitCode.Usage, (await RunAsync("ledger", "verify", "--dir", _folder, "--node", "n1")).ExitCode);
        Assert.Equal(ExitCode.Unreachable, (await RunAsync("ledger", "list")).ExitCode);
    }

    private async Task AppendAsync(EntryKind kind, ReadOnlyMemory<byte> payload)
    {
        LedgerOptions options = new()
        {
            Directory = Path.Combine(_folder, "ledger"), HeadDirectory = Path.Combine(_folder, "head"), NetworkId = "aria-testnet", Software = "aria/0.1.0",
        };
        await using LedgerLog log = await LedgerLog.OpenAsync(options, _job.Gateway, TimeProvider.System, NullLogger.Instance, TestContext.Current.CancellationToken);
        await log.AppendAsync(kind, payload, TestContext.Current.CancellationToken);
    }

    private Task<ProgramRun> RunAsync(params string[] arguments) =>
        AriaProgram.RunAsync(arguments, new Dictionary<string, string> { ["ARIA_HOME"] = Path.Combine(_folder, "..", "aria-none-" + Path.GetFileName(_folder)) }, cancellationToken: TestContext.Current.CancellationToken);
}
