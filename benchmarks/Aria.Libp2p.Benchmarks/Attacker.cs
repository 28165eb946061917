using Aria.Libp2p.Transports;

namespace Aria.Libp2p.Benchmarks;

/// <summary>
/// What strangers and bad peers do to a listener, each at a fixed pace, so that it is the listener's answer that is measured and not who gets the processor. It uses nothing but the
/// library's public face.
/// </summary>
internal sealed class Attacker(LocalPeer peer, Multiaddress target)
{
    public static IReadOnlyList<string> Kinds { get; } = ["slow handshakes", "garbage", "reconnects", "streams opened and reset", "streams that nobody reads"];

    private const int SlowConnections = 60;
    private const int UnreadStreams = 400;
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(10);

    /// <summary>Goes on until it is told to stop; what the listener refuses is tried again.</summary>
    public async Task RunAsync(string kind, CancellationToken stop)
    {
        await peer.ConnectAsync(target, stop);
        try
        {
            await (kind switch
            {
                "slow handshakes" => Task.WhenAll(Enumerable.Range(0, SlowConnections).Select(_ => RepeatAsync(TrickleAsync, stop))),
                "garbage" => RepeatAsync(SendGarbageAsync, stop),
                "reconnects" => RepeatAsync(ReconnectAsync, stop),
                "streams opened and reset" => RepeatAsync(OpenAndResetAsync, stop),
                "streams that nobody reads" => FillAsync(stop),
                _ => throw new InvalidOperationException("unknown attack"),
            });
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await peer.DisconnectAsync(target.Peer!);
        }
    }

    private static async Task RepeatAsync(Func<CancellationToken, Task> attack, CancellationToken stop)
    {
        while (true)
        {
            try
            {
                await attack(stop);
            }
            catch (Libp2pException)
            {
                // Refused, as it should be.
            }

            await Task.Delay(Pace, stop);
        }
    }

    // A byte of the first line ten times a second.
    private async Task TrickleAsync(CancellationToken stop)
    {
        await using TransportConnection connection = await new TcpTransport().DialAsync(target.WithoutPeer(), stop);
        foreach (byte one in "\u0013/multistream/1.0.0\n"u8.ToArray())
        {
            await connection.SendAsync(new[] { one }, stop);
            await Task.Delay(TimeSpan.FromMilliseconds(100), stop);
        }
    }

    private async Task SendGarbageAsync(CancellationToken stop)
    {
        await using TransportConnection connection = await new TcpTransport().DialAsync(target.WithoutPeer(), stop);
        byte[] garbage = new byte[2000];
        Random.Shared.NextBytes(garbage);
        await connection.SendAsync(garbage, stop);
        while (await connection.ReceiveAsync(garbage, stop) > 0)
        {
        }
    }

    private async Task ReconnectAsync(CancellationToken stop)
    {
        await peer.DisconnectAsync(target.Peer!);
        await peer.ConnectAsync(target, stop);
    }

    private async Task OpenAndResetAsync(CancellationToken stop)
    {
        for (int i = 0; i < 20; i++)
        {
            PeerStream stream = await peer.OpenStreamAsync(target.Peer!, CommandedPeer.Wait, stop);
            stream.Reset();
        }
    }

    private async Task FillAsync(CancellationToken stop)
    {
        byte[] window = new byte[200 * 1024];
        for (int i = 0; i < UnreadStreams; i++)
        {
            PeerStream stream = await peer.OpenStreamAsync(target.Peer!, CommandedPeer.Wait, stop);
            await stream.Output.WriteAsync(window, stop);
            await Task.Delay(Pace, stop);
        }

        await Task.Delay(Timeout.Infinite, stop);
    }
}
