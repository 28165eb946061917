using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Aria.Libp2p.Benchmarks;

/// <summary>
/// A peer in a process of its own, one JSON command per line and one JSON answer per line. Ours (<see cref="CommandedPeer"/>) and the js one
/// (<c>tests/interop/benchmark.mjs</c>) take the same commands.
/// </summary>
internal sealed class PeerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonElement>> _calls = new();
    private readonly TaskCompletionSource<JsonElement> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _writing = new(1);
    private readonly Task _reading;
    private int _lastCall;

    private PeerProcess(Process process)
    {
        _process = process;
        _reading = ReadAsync();
    }

    public string Id { get; private set; } = "";

    public string Address { get; private set; } = "";

    /// <summary>Starts a peer of ours; with <paramref name="isCompiledAtOnce"/> its code is compiled once and for good, so that the compiler's own memory does not come and go.</summary>
    public static Task<PeerProcess> StartOursAsync(bool isCompiledAtOnce = false)
    {
        ProcessStartInfo start = new(Environment.ProcessPath!, ["peer"]);
        if (isCompiledAtOnce)
        {
            start.Environment["DOTNET_TieredCompilation"] = "0";
        }

        return StartAsync(start);
    }

    /// <summary>A peer of ours that takes no more connections than one does by default.</summary>
    public static Task<PeerProcess> StartGuardedAsync() => StartAsync(new(Environment.ProcessPath!, ["peer", "--default-limits"]));

    /// <summary>A peer of ours that runs only where nobody else wants the processor (Linux's idle policy), as if it were on another machine.</summary>
    public static Task<PeerProcess> StartAsideAsync() => StartAsync(new("chrt", ["--idle", "0", Environment.ProcessPath!, "peer"]));

    public static Task<PeerProcess> StartJsAsync()
    {
        string folder = Path.Combine(Repository.Root, "tests", "interop");
        return Directory.Exists(Path.Combine(folder, "node_modules"))
            ? StartAsync(new("node", ["benchmark.mjs"]) { WorkingDirectory = folder })
            : throw new InvalidOperationException("Run `npm ci --ignore-scripts` in tests/interop first.");
    }

    /// <summary>Sends a command and returns its answer; throws where the peer refused it.</summary>
    public async Task<JsonElement> CallAsync(string command, object? parameters = null)
    {
        int id = Interlocked.Increment(ref _lastCall);
        JsonObject line = JsonSerializer.SerializeToNode(parameters ?? new { })!.AsObject();
        line["id"] = id;
        line["cmd"] = command;
        TaskCompletionSource<JsonElement> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _calls[id] = answer;
        await _writing.WaitAsync();
        try
        {
            await _process.StandardInput.WriteLineAsync(line.ToJsonString());
            await _process.StandardInput.FlushAsync();
        }
        finally
        {
            _writing.Release();
        }

        JsonElement told = await answer.Task;
        return told.GetProperty("ok").GetBoolean() ? told : throw new InvalidOperationException($"{command}: {told.GetProperty("error").GetString()}");
    }

    /// <summary>CPU seconds, allocated bytes and, where it tells them, the collector's pauses of the process since it began.</summary>
    public async Task<Usage> UsageAsync()
    {
        JsonElement told = await CallAsync("usage");
        return new(told.GetProperty("cpuSeconds").GetDouble(), told.GetProperty("allocatedBytes").GetDouble(), told.TryGetProperty("pauseSeconds", out JsonElement pauses) ? pauses.GetDouble() : 0);
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(5));
        try
        {
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill();
        }

        await _reading;
        _process.Dispose();
        _writing.Dispose();
    }

    private static async Task<PeerProcess> StartAsync(ProcessStartInfo start)
    {
        start.RedirectStandardInput = start.RedirectStandardOutput = true;
        PeerProcess peer = new(Process.Start(start)!);
        JsonElement ready = await peer._ready.Task;
        peer.Id = ready.GetProperty("peerId").GetString()!;
        peer.Address = ready.GetProperty("addrs")[0].GetString()!;
        return peer;
    }

    private async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            JsonElement told = JsonDocument.Parse(line).RootElement;
            if (told.TryGetProperty("ready", out _))
            {
                _ready.TrySetResult(told);
            }
            else if (told.TryGetProperty("id", out JsonElement id) && _calls.TryRemove(id.GetInt32(), out TaskCompletionSource<JsonElement>? call))
            {
                call.TrySetResult(told);
            }
        }

        InvalidOperationException ended = new("The peer's process ended.");
        _ready.TrySetException(ended);
        foreach (TaskCompletionSource<JsonElement> call in _calls.Values)
        {
            call.TrySetException(ended);
        }
    }
}

internal readonly record struct Usage(double CpuSeconds, double AllocatedBytes, double PauseSeconds)
{
    public static Usage operator +(Usage a, Usage b) => new(a.CpuSeconds + b.CpuSeconds, a.AllocatedBytes + b.AllocatedBytes, a.PauseSeconds + b.PauseSeconds);

    public static Usage operator -(Usage a, Usage b) => new(a.CpuSeconds - b.CpuSeconds, a.AllocatedBytes - b.AllocatedBytes, a.PauseSeconds - b.PauseSeconds);
}
