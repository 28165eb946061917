using System.CommandLine;

namespace Aria.Cli.Commands;

/// <summary>All commands.</summary>
internal static class CommandTree
{
    public static RootCommand Build(GlobalOptions globals)
    {
        RootCommand root = new("Runs ternary language models over a network of ordinary CPUs and keeps records that others can check.");
        globals.AddTo(root);
        root.SetAction(CommandRunner.ShowHelp);
        return root;
    }
}
