using System.CommandLine;

namespace Aria.Cli.Commands;

/// <summary>All commands.</summary>
internal static class CommandTree
{
    public static RootCommand Build(GlobalOptions globals)
    {
        RootCommand root = new("Runs ternary language models over a network of ordinary CPUs and keeps records that others can check.");
        globals.AddTo(root);
        root.Add(CommandRunner.Group(
            "testnet",
            "Start and watch a network of node processes on this machine",
            TestnetUpCommand.Create(globals),
            TestnetDownCommand.Create(globals),
            TestnetStatusCommand.Create(globals),
            TestnetWaitCommand.Create(globals),
            TestnetLogsCommand.Create(globals),
            TestnetKillCommand.Create(globals),
            TestnetStartNodeCommand.Create(globals)));
        root.Add(CommandRunner.Group("node", "Run a node", NodeRunCommand.Create(globals)));
        root.Add(CommandRunner.Group(
            "models",
            "Look at models, check them, import them, make random ones",
            ModelsListCommand.Create(globals),
            ModelsInspectCommand.Create(globals),
            ModelsVerifyCommand.Create(globals),
            ModelsImportCommand.Create(globals),
            ModelsSynthCommand.Create(globals)));
        root.Add(CompleteCommand.Create(globals));
        root.Add(ChatCommand.Create(globals));
        root.Add(CommandRunner.Group(
            "ledger",
            "Read and verify the nodes' logs",
            LedgerListCommand.Create(globals),
            LedgerShowCommand.Create(globals),
            LedgerVerifyCommand.Create(globals)));
        root.Add(AuditCommand.Create(globals));
        root.Add(PeersCommand.Create(globals));
        root.Add(CommandRunner.Group(
            "dht",
            "Ask the network's hash table",
            DhtGetCommand.Create(globals),
            DhtPutCommand.Create(globals),
            DhtFindCommand.Create(globals)));
        root.Add(CommandRunner.Group(
            "bench",
            "Measure this machine",
            BenchThroughputCommand.Create(globals),
            BenchThreadsCommand.Create(globals),
            BenchPromptCommand.Create(globals),
            BenchContextCommand.Create(globals),
            BenchParallelCommand.Create(globals)));
        root.Add(DoctorCommand.Create(globals));
        root.SetAction(CommandRunner.RunBare);
        return root;
    }
}
