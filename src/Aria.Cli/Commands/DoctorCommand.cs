using System.CommandLine;
using Aria.Cli.Client;
using Aria.Cli.Doctor;
using Aria.Cli.Output;
using Aria.Cli.Testnet;

namespace Aria.Cli.Commands;

/// <summary><c>aria doctor</c>: looks at the machine, the folders, the ports and the running testnet; exit 4 when something fails.</summary>
internal static class DoctorCommand
{
    public static Command Create(GlobalOptions globals)
    {
        Command command = new("doctor", "Check this machine for what a node needs; exit 4 if something fails");
        command.Runs(globals, RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(CommandScope scope)
    {
        TestnetFolder folder = TestnetFolder.Of(scope.Folders, TestnetFolder.DefaultName);
        TestnetState? running = TestnetState.TryReadRunning(folder);
        List<Finding> findings =
        [
            MachineChecks.Runtime(),
            MachineChecks.Cpu(),
            MachineChecks.Memory(),
            MachineChecks.Folder("state", scope.Folders.State),
            MachineChecks.Folder("data", scope.Folders.Data),
            .. MachineChecks.Ports(new(), nodes: 4, running),
            MachineChecks.Stale(folder),
        ];
        if (running is not null)
        {
            findings.Add(await ApiAsync(running, scope.Stopping));
        }

        DoctorReport report = DoctorReport.Of(findings);
        scope.Answer(report, CliJson.Documents.DoctorReport, () => Print(scope.Terminal, report));
        return report.Failed == 0 ? ExitCode.Ok : ExitCode.CheckFailed;
    }

    private static async Task<Finding> ApiAsync(TestnetState running, CancellationToken cancellationToken)
    {
        using GatewayClient client = GatewayClient.Of(running);
        return await client.IsHealthyAsync(cancellationToken)
            ? Finding.Pass("api", $"{running.ApiUrl} answers")
            : Finding.Fail("api", $"{running.Url}/health does not say that every layer is served", "aria testnet status");
    }

    private static void Print(Terminal terminal, DoctorReport report)
    {
        foreach (Finding finding in report.Checks)
        {
            (string word, Ink ink) = finding.Status switch
            {
                FindingStatus.Pass => ("PASS", Ink.Green),
                FindingStatus.Warn => ("WARN", Ink.Yellow),
                _ => ("FAIL", Ink.Red),
            };
            string fix = finding.Fix is null ? "" : $"  -> {finding.Fix}";
            terminal.Line($" {terminal.Paint(word, ink)} {finding.Id,-10} {finding.Message}{fix}");
        }

        terminal.Line($" {report.Passed} passed, {report.Warnings} warnings, {report.Failed} failed");
    }
}
