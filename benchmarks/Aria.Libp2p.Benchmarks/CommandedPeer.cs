using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using System.Text.Json;
using System.Text.Json.Nodes;
using Aria.Libp2p.Benchmarks.Attacks;
using Aria.Libp2p.Perf;
using Aria.Libp2p.Transports;

namespace Aria.Libp2p.Benchmarks;

/// <summary>Our end of a measurement: a local peer that does what the lines on stdin say until they end.</summary>
internal sealed class CommandedPeer : IAsyncDisposable
{
    /// <summary>A protocol whose handler takes the stream and reads nothing of it until it ends.</summary>
    public const string Wait = "/test/wait/1";

    private const string Echo = "/test/echo/1";

    private readonly Lock _saying = new();
    private readonly List<LocalPeer> _hosts = [];
    private readonly Identity _identity = Identity.Generate();
    private readonly Tally _tally = new();
    private readonly LocalPeer _peer;
    private CancellationTokenSource? _war;
    private Pace? _pace;
    private long _warBegan;
    private Task _attacking = Task.CompletedTask;

    private CommandedPeer(LocalPeerOptions options) => _peer = Create(_identity, options);

    // Many peers of one process, all on the loopback interface.
    private static LocalPeerOptions Crowded { get; } = new() { MaxConnections = 5000, MaxInboundHandshakes = 5000 };

    /// <summary>Takes commands until they end; with <paramref name="isDefault"/> at a peer with the default limits, else with higher ones.</summary>
    public static async Task RunAsync(bool isDefault)
    {
        await using CommandedPeer commanded = new(isDefault ? new() : Crowded);
        Multiaddress address = await commanded._peer.ListenAsync(Multiaddress.Parse("/ip4/127.0.0.1/tcp/0"), CancellationToken.None);
        commanded.Say(new() { ["ready"] = true, ["peerId"] = commanded._peer.Id.ToString(), ["addrs"] = new JsonArray(address.ToString()) });
        while (await Console.In.ReadLineAsync() is { } line)
        {
            JsonElement command = JsonDocument.Parse(line).RootElement;
            _ = Task.Run(() => commanded.AnswerAsync(command));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _peer.DisposeAsync();
        await Task.WhenAll(_hosts.Select(host => host.DisposeAsync().AsTask()));
        _identity.Dispose();
        _tally.Dispose();
    }

    private LocalPeer Create(Identity identity, LocalPeerOptions options)
    {
        LocalPeer peer = new(identity, [new TcpTransport()], options, TimeProvider.System, _tally);
        peer.Handle(PerfProtocol.Id, PerfProtocol.ServeAsync);
        peer.Handle(Echo, static async (stream, token) => await stream.Input.CopyToAsync(stream.Output, token));
        peer.Handle(Wait, static async (stream, token) =>
        {
            while (await stream.Input.ReadAsync(token) is { IsCompleted: false } result)
            {
                stream.Input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
            }
        });
        return peer;
    }

    private async Task AnswerAsync(JsonElement command)
    {
        JsonObject answer = [];
        try
        {
            answer = await DoAsync(command);
            answer["ok"] = true;
        }
        catch (Exception exception)
        {
            answer["ok"] = false;
            answer["error"] = exception.ToString();
        }

        answer["id"] = command.GetProperty("id").GetInt32();
        Say(answer);
    }

    private Task<JsonObject> DoAsync(JsonElement command) => command.GetProperty("cmd").GetString() switch
    {
        "dial" => DialAsync(Multiaddress.Parse(command.GetProperty("addr").GetString()!)),
        "transfer" => TransferAsync(PeerOf(command), command),
        "echo" => EchoAsync(PeerOf(command), command.GetProperty("count").GetInt32()),
        "pings" => PingsAsync(PeerOf(command), command.GetProperty("count").GetInt32()),
        "pingsFor" => PingsForAsync(PeerOf(command), TimeSpan.FromSeconds(command.GetProperty("seconds").GetDouble()), command.GetProperty("pauseMs").GetInt32()),
        "attack" => Task.FromResult(Begin(Attack.Named(command.GetProperty("name").GetString()!), Multiaddress.Parse(command.GetProperty("addr").GetString()!), command.GetProperty("isPaced").GetBoolean())),
        "peace" => PeaceAsync(),
        "counts" => Task.FromResult(new JsonObject { ["counts"] = _tally.ToJson() }),
        "dials" => DialsAsync(Multiaddress.Parse(command.GetProperty("addr").GetString()!), command.GetProperty("count").GetInt32()),
        "usage" => Task.FromResult(Usage()),
        "hosts" => HostsAsync(command.GetProperty("count").GetInt32()),
        "connect" => ConnectAsync([.. command.GetProperty("addrs").EnumerateArray().Select(one => Multiaddress.Parse(one.GetString()!))]),
        "disconnect" => DisconnectAsync(),
        "memory" => Task.FromResult(Memory()),
        _ => throw new InvalidOperationException("unknown command"),
    };

    private static PeerId PeerOf(JsonElement command) => PeerId.Parse(command.GetProperty("peer").GetString()!);

    private async Task<JsonObject> DialAsync(Multiaddress address)
    {
        await _peer.ConnectAsync(address, CancellationToken.None);
        return [];
    }

    private async Task<JsonObject> TransferAsync(PeerId remote, JsonElement command)
    {
        ulong upload = command.GetProperty("upload").GetUInt64(), download = command.GetProperty("download").GetUInt64();
        int block = command.GetProperty("block").GetInt32();
        long start = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, command.GetProperty("streams").GetInt32()).Select(
            _ => Task.Run(() => PerfProtocol.MeasureAsync(_peer, remote, upload, download, TimeProvider.System, CancellationToken.None, block))));
        return new() { ["seconds"] = Stopwatch.GetElapsedTime(start).TotalSeconds };
    }

    private async Task<JsonObject> EchoAsync(PeerId remote, int count)
    {
        await using PeerStream stream = await _peer.OpenStreamAsync(remote, Echo, CancellationToken.None);
        byte[] question = new byte[32];
        return await TimeEachAsync(count, async () =>
        {
            await stream.Output.WriteAsync(question);
            ReadResult result = await stream.Input.ReadAtLeastAsync(question.Length);
            stream.Input.AdvanceTo(result.Buffer.End);
        });
    }

    private Task<JsonObject> PingsAsync(PeerId remote, int count) => TimeEachAsync(count, () => _peer.PingAsync(remote, CancellationToken.None));

    private Task<JsonObject> PingsForAsync(PeerId remote, TimeSpan time, int pauseMilliseconds)
    {
        long end = Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency);
        return TimeEachAsync(() => Stopwatch.GetTimestamp() < end, () => _peer.PingAsync(remote, CancellationToken.None), () => Task.Delay(pauseMilliseconds));
    }

    private JsonObject Begin(Attack attack, Multiaddress target, bool isPaced)
    {
        _war = new();
        _pace = new(isPaced ? attack.PerSecond : null);
        _warBegan = Stopwatch.GetTimestamp();
        _attacking = Task.Run(() => attack.RunAsync(target, _pace, _war.Token));
        return [];
    }

    private async Task<JsonObject> PeaceAsync()
    {
        double seconds = Stopwatch.GetElapsedTime(_warBegan).TotalSeconds;
        long blows = _pace!.Done;
        await _war!.CancelAsync();
        try
        {
            await _attacking;
        }
        catch (OperationCanceledException) when (_war.IsCancellationRequested)
        {
            // As told.
        }

        _war.Dispose();
        return new() { ["blows"] = blows, ["seconds"] = seconds };
    }

    private Task<JsonObject> DialsAsync(Multiaddress address, int count) => TimeEachAsync(
        count,
        () => _peer.ConnectAsync(address, CancellationToken.None),
        () => _peer.DisconnectAsync(address.Peer!));

    private async Task<JsonObject> HostsAsync(int count)
    {
        JsonArray addresses = [];
        for (int i = 0; i < count; i++)
        {
            LocalPeer host = Create(Identity.Generate(), Crowded);
            _hosts.Add(host);
            addresses.Add((await host.ListenAsync(Multiaddress.Parse("/ip4/127.0.0.1/tcp/0"), CancellationToken.None)).ToString());
        }

        return new() { ["addrs"] = addresses };
    }

    private async Task<JsonObject> ConnectAsync(Multiaddress[] addresses)
    {
        int identified = 0;
        foreach (LocalPeer host in _hosts)
        {
            host.PeerIdentified += _ => Interlocked.Increment(ref identified);
            await Task.WhenAll(addresses.Select(address => host.ConnectAsync(address, CancellationToken.None)));
        }

        while (identified < _hosts.Count * addresses.Length)
        {
            await Task.Delay(20);
        }

        return new() { ["connections"] = _hosts.Sum(host => host.ConnectedPeers.Count) };
    }

    private async Task<JsonObject> DisconnectAsync()
    {
        await Task.WhenAll(_hosts.SelectMany(host => host.ConnectedPeers.Select(host.DisconnectAsync)));
        return [];
    }

    private static JsonObject Usage() => new()
    {
        ["cpuSeconds"] = Environment.CpuUsage.TotalTime.TotalSeconds,
        ["allocatedBytes"] = GC.GetTotalAllocatedBytes(precise: true),
        ["pauseSeconds"] = GC.GetTotalPauseDuration().TotalSeconds,
    };

    // What lives on the managed heap and in the C library's.
    private static JsonObject Memory()
    {
        for (int i = 0; i < 3; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        return new() { ["managedBytes"] = GC.GetTotalMemory(forceFullCollection: true), ["nativeBytes"] = NativeHeap.LiveBytes };
    }

    private static Task<JsonObject> TimeEachAsync(int count, Func<Task> timed, Func<Task>? before = null)
    {
        int left = count;
        return TimeEachAsync(() => left-- > 0, timed, before);
    }

    private static async Task<JsonObject> TimeEachAsync(Func<bool> goesOn, Func<Task> timed, Func<Task>? before)
    {
        List<double> microseconds = [];
        while (goesOn())
        {
            await (before?.Invoke() ?? Task.CompletedTask);
            long start = Stopwatch.GetTimestamp();
            await timed();
            microseconds.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        }

        return new() { ["microseconds"] = new JsonArray([.. microseconds.Select(one => (JsonNode)one)]) };
    }

    private void Say(JsonObject answer)
    {
        lock (_saying)
        {
            Console.Out.WriteLine(answer.ToJsonString());
            Console.Out.Flush();
        }
    }
}
