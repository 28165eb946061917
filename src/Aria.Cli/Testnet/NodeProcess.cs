using Aria.Cli.Nodes;
using Aria.Cli.Processes;

namespace Aria.Cli.Testnet;

/// <summary>
/// One node of a testnet: a plain <c>aria node run</c> with the flags a person would use, on a lifeline. Started, killed and
/// started again under the same identity, folder and, once known, address, unless that was lost to another program.
/// </summary>
internal sealed class NodeProcess(TestnetNode node, NodeLaunch launch, LogFile log) : IAsyncDisposable
{
    private const int LastWordsLines = 40;
    private const string FailureWord = " error: ";

    private readonly Lock _gate = new();
    private ChildProcess? _child;
    private TaskCompletionSource<string> _ready = NewReady();
    private string? _address;
    private bool _killed;
    private bool _stopping;

    public TestnetNode Node => node;

    public string Name => node.Name;

    /// <summary>Its key, which follows from the testnet's seed and its name.</summary>
    public NodeId Id { get; } = NodeIdentity.IdOf(NodeIdentity.FromText(NodeLaunch.SeedOf(launch.Seed, node.Name)));

    public string LogPath => launch.LogOf(node.Name);

    public string DataPath => launch.DataOf(node.Name);

    /// <summary>The running process; the last one's id after its end.</summary>
    public ProcessIdentity Identity => _child?.Identity ?? default;

    public bool Runs => _child is { Exited.IsCompleted: false };

    /// <summary>Its address with <c>/p2p</c> once it is ready.</summary>
    public Task<string> Ready => _ready.Task;

    /// <summary>The last address it told; empty before it was ready for the first time.</summary>
    public string Address => _address ?? "";

    /// <summary>As shown by <c>aria testnet status</c>.</summary>
    public string State => (_child, Runs, _killed, Ready.IsCompletedSuccessfully) switch
    {
        (null, _, _, _) => "starting",
        (_, true, _, true) => "online",
        (_, true, _, false) => "starting",
        (_, false, true, _) => "killed",
        _ => "exited",
    };

    /// <summary>Raised when the process comes, is ready or goes.</summary>
    public event Action? Changed;

    /// <summary>Starts the process; does nothing while one runs.</summary>
    public void Start()
    {
        lock (_gate)
        {
            if (Runs || _stopping)
            {
                return;
            }

            _killed = false;
            if (_ready.Task.IsCompleted)
            {
                _ready = NewReady();
            }

            TaskCompletionSource<string> ready = _ready;
            string[] arguments = [.. launch.ArgumentsOf(node, IsLost(_address) ? null : _address)];
            log.Write($"--- aria {string.Join(' ', arguments)}");
            _child = ChildProcess.Start(launch.Executable, arguments, line => Read(line, ready), launch.Environment);
            _ = WatchAsync(_child, ready);
        }

        Changed?.Invoke();
    }

    /// <summary>SIGKILL, and wait until the system has reaped it. Null when no process runs.</summary>
    public async Task<int?> KillAsync()
    {
        ChildProcess? child;
        lock (_gate)
        {
            child = Runs ? _child : null;
            _killed |= child is not null;
        }

        if (child is null)
        {
            return null;
        }

        log.Write($"--- killed (pid {child.Pid})");
        await child.KillAsync();
        Changed?.Invoke();
        return child.Pid;
    }

    /// <summary>Ends the process at once without waiting, as the last act of a supervisor that was told twice.</summary>
    public void KillNow()
    {
        _stopping = true;
        if (Runs)
        {
            Libc.Signal(_child!.Pid, Libc.SignalKill);
        }
    }

    /// <summary>Cuts the lifeline; true when the process went by itself within <paramref name="patience"/>.</summary>
    public Task<bool> StopAsync(TimeSpan patience)
    {
        lock (_gate)
        {
            _stopping = true;
            return _child?.StopAsync(patience) ?? Task.FromResult(true);
        }
    }

    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _stopping = true;
        }

        if (_child is { } child)
        {
            await child.DisposeAsync();
        }

        log.Dispose();
    }

    /// <summary>What it said last before it went, for whoever must tell why.</summary>
    public string LastWords()
    {
        string? words = LogFile.Tail(LogPath, LastWordsLines).LastOrDefault(line => line.Contains(FailureWord, StringComparison.Ordinal));
        return words is null ? $"Its log: {LogPath}" : words[(words.IndexOf(FailureWord, StringComparison.Ordinal) + FailureWord.Length)..].Trim();
    }

    private static TaskCompletionSource<string> NewReady() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    // A port of the system's choice may have been given to another program while the node was down; then any other one does as well.
    private bool IsLost(string? address) => node.Port == 0 && address is not null && PortHolder.Of(NodeLaunch.PortOf(address)) is not null;

    // The two words that `aria node run` prints for whoever started it (specs/testnet.md §3).
    private void Read(string line, TaskCompletionSource<string> ready)
    {
        log.Write(line);
        if (line.StartsWith(NodeLaunch.AddressWord, StringComparison.Ordinal))
        {
            _address = line[NodeLaunch.AddressWord.Length..].Trim();
        }
        else if (line == NodeLaunch.ReadyWord && _address is { } address && ready.TrySetResult(address))
        {
            Changed?.Invoke();
        }
    }

    private async Task WatchAsync(ChildProcess child, TaskCompletionSource<string> ready)
    {
        int status = await child.Exited;
        log.Write($"--- exited with {status} (pid {child.Pid})");
        ready.TrySetException(new NodeExitedException(Name, status));
        _ = ready.Task.Exception;
        Changed?.Invoke();
    }
}

/// <summary>A node's process ended before it was ready.</summary>
internal sealed class NodeExitedException(string name, int status) : Exception($"{name} ended with exit status {status} before it was ready.")
{
    public string Name { get; } = name;

    public int Status { get; } = status;
}
