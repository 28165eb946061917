using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace Aria.Testing.Interop;

/// <summary>
/// A js-libp2p peer in a process of its own, driven by commands: TCP on the loopback interface, Noise, yamux, identify and its push, ping, an echo
/// protocol (<see cref="EchoProtocol"/>), <c>/perf/1.0.0</c> and a Kademlia DHT. It is <c>tests/interop/peer.mjs</c>; <see cref="StartAsync"/> installs what that needs, once.
/// <code>
/// await using JsPeer js = await JsPeer.StartAsync(cancellationToken);          // skips the test, by name, where there is no npm
/// await local.ConnectAsync(Multiaddress.Parse(js.Addresses[0]), cancellationToken);
/// await js.WaitForTableAsync(1, cancellationToken);                            // js admits a DHT peer only after it pinged it
/// await js.CallAsync("put", new { key = "/ariatest/k", value = "{\"seq\":1}" }, cancellationToken);
/// JsonElement got = await js.CallAsync("get", new { key = "/ariatest/k" }, cancellationToken);   // got.value, got.value64
/// </code>
/// After <c>dial</c> the js peer is done one handshake message before the dialed peer is: wait for the local peer's <c>PeerConnected</c> too.
/// Commands and their answers stand in <c>peer.mjs</c>: info, dial, hangup, ping, echo, perf, open, put, get, provide, findProviders, findPeer, closest,
/// connections, protocols. A failed command throws <see cref="JsPeerException"/>. DHT keys of <c>provide</c> are sha2-256 multihashes in hex (<c>1220…</c>);
/// keys of <c>put</c> are text with two slashes.
/// </summary>
public sealed class JsPeer : IAsyncDisposable
{
    /// <summary>What the js peer serves: everything comes back, then the end.</summary>
    public const string EchoProtocol = "/test/echo/1";

    private readonly Process _process;
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonElement>> _calls = new();
    private readonly Channel<JsonElement> _events = Channel.CreateUnbounded<JsonElement>();
    private readonly TaskCompletionSource<JsonElement> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _writing = new(1);
    private readonly Task _reading;
    private readonly Task<string> _errors;
    private int _lastCall;

    private JsPeer(Process process)
    {
        _process = process;
        _errors = process.StandardError.ReadToEndAsync();
        _reading = ReadAsync();
    }

    /// <summary>The peer id as text.</summary>
    public string PeerId { get; private set; } = "";

    /// <summary>Where it listens, each ending in its peer id.</summary>
    public IReadOnlyList<string> Addresses { get; private set; } = [];

    /// <summary>Starts a peer; <paramref name="arguments"/> are those of <c>peer.mjs</c>, such as <c>--client</c> or <c>--validator FILE.mjs</c>.</summary>
    public static Task<JsPeer> StartAsync(CancellationToken cancellationToken, params string[] arguments) => StartInAsync(null, cancellationToken, arguments);

    /// <summary>Starts a peer in a network namespace of the system, by its name.</summary>
    public static Task<JsPeer> StartInAsync(string? networkNamespace, CancellationToken cancellationToken, params string[] arguments) =>
        StartScriptAsync("peer.mjs", networkNamespace, cancellationToken, arguments);

    /// <summary>Starts another script of <c>tests/interop</c> that is driven in the same way, such as <c>peers.mjs</c>.</summary>
    public static async Task<JsPeer> StartScriptAsync(string script, string? networkNamespace, CancellationToken cancellationToken, params string[] arguments)
    {
        string folder = await JsPackages.InstalledAsync("interop", cancellationToken);
        string[] command = ["node", Path.Combine(folder, script), .. arguments];
        command = networkNamespace is null ? command : ["ip", "netns", "exec", networkNamespace, .. command];
        ProcessStartInfo start = new(command[0], command[1..])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        JsPeer peer = new(Process.Start(start)!);
        try
        {
            JsonElement ready = await peer._ready.Task.WaitAsync(cancellationToken);
            peer.PeerId = ready.GetProperty("peerId").GetString()!;
            peer.Addresses = [.. ready.GetProperty("addrs").EnumerateArray().Select(address => address.GetString()!)];
            return peer;
        }
        catch
        {
            await peer.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sends a command with its parameters and returns the whole answer.</summary>
    public async Task<JsonElement> CallAsync(string command, object? parameters, CancellationToken cancellationToken)
    {
        int id = Interlocked.Increment(ref _lastCall);
        JsonObject line = JsonSerializer.SerializeToNode(parameters ?? new { })!.AsObject();
        line["id"] = id;
        line["cmd"] = command;
        TaskCompletionSource<JsonElement> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _calls[id] = answer;
        await _writing.WaitAsync(cancellationToken);
        try
        {
            await _process.StandardInput.WriteLineAsync(line.ToJsonString().AsMemory(), cancellationToken);
            await _process.StandardInput.FlushAsync(cancellationToken);
        }
        finally
        {
            _writing.Release();
        }

        JsonElement told = await answer.Task.WaitAsync(cancellationToken);
        return told.GetProperty("ok").GetBoolean() ? told : throw new JsPeerException($"{command}: {told.GetProperty("error").GetString()}");
    }

    /// <summary>The next event of a kind (<c>identify</c>, <c>update</c>, <c>disconnect</c>) that fits; events before it are passed over. One waiter at a time.</summary>
    public async Task<JsonElement> WaitForAsync(string kind, Func<JsonElement, bool> fits, CancellationToken cancellationToken)
    {
        await foreach (JsonElement told in _events.Reader.ReadAllAsync(cancellationToken))
        {
            if (told.GetProperty("event").GetString() == kind && fits(told))
            {
                return told;
            }
        }

        throw new JsPeerException($"The js peer ended before an event '{kind}' came: {await _errors}");
    }

    /// <summary>Waits until the js peer's routing table holds so many peers.</summary>
    public async Task WaitForTableAsync(int peers, CancellationToken cancellationToken)
    {
        while ((await CallAsync("info", null, cancellationToken)).GetProperty("table").GetInt32() < peers)
        {
            await Task.Delay(20, cancellationToken);        // js tells of no event for it
        }
    }

    /// <summary>Ends the process.</summary>
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

    private async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            JsonElement told = JsonDocument.Parse(line).RootElement;
            if (told.TryGetProperty("ready", out _))
            {
                _ready.TrySetResult(told);
            }
            else if (told.TryGetProperty("event", out _))
            {
                _events.Writer.TryWrite(told);
            }
            else if (told.TryGetProperty("id", out JsonElement id) && _calls.TryRemove(id.GetInt32(), out TaskCompletionSource<JsonElement>? call))
            {
                call.TrySetResult(told);
            }
        }

        JsPeerException ended = new($"The js peer ended: {await _errors}");
        _events.Writer.TryComplete();
        _ready.TrySetException(ended);
        foreach (TaskCompletionSource<JsonElement> call in _calls.Values)
        {
            call.TrySetException(ended);
        }
    }
}

/// <summary>A command that the js peer refused, or the end of its process.</summary>
public sealed class JsPeerException(string message) : Exception(message);
