using Aria.Testing;

namespace Aria.EndToEnd.Tests.Testnets;

/// <summary>A folder of its own for everything that the program keeps, and the program run in it.</summary>
public sealed class AriaHome : IDisposable
{
    /// <summary>After this a command counts as hanging, however busy the machine is.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>For <c>--timeout</c>: what a busy machine may take for something that has to come about.</summary>
    public const string Long = "4m";

    public AriaHome() => Path = Directory.CreateTempSubdirectory("aria-e2e-").FullName;

    /// <summary>In a folder that is there and, with all that is in it, goes with this.</summary>
    public AriaHome(string folder) => Path = folder;

    public string Path { get; }

    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>
    {
        ["ARIA_HOME"] = Path,
        ["ARIA_NODE"] = "",
        ["NO_COLOR"] = "1",
    };

    public string DataOf(string testnet, string node) => System.IO.Path.Combine(Path, "data", "testnets", testnet, node);

    public string StateFileOf(string testnet) => System.IO.Path.Combine(Path, "state", "testnets", testnet, "testnet.json");

    /// <summary>Runs <c>aria</c> to its end.</summary>
    public async Task<ProgramRun> RunAsync(params string[] arguments)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Patience);
        return await AriaProgram.RunAsync(arguments, Environment, cancellationToken: patience.Token);
    }

    /// <summary>Runs <c>aria</c>, which must end with <paramref name="exitCode"/>.</summary>
    public async Task<ProgramRun> RunAsync(int exitCode, params string[] arguments)
    {
        ProgramRun run = await RunAsync(arguments);
        Assert.True(run.ExitCode == exitCode, $"aria {string.Join(' ', arguments)}: {run}");
        return run;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
