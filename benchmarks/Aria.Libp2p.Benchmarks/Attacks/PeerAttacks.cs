using Aria.Libp2p.Identify;
using Aria.Libp2p.Noise;
using Aria.Libp2p.Yamux;

namespace Aria.Libp2p.Benchmarks.Attacks;

/// <summary>What an authenticated peer can do, its frames written by hand.</summary>
internal static class PeerAttacks
{
    private const int ConnectionsPerSecond = 50;
    private const int FramesPerSecond = 5000;
    private const int StreamsPerSecond = 2000;
    private const int FramesAtOnce = 50;
    private const int UnreadBytes = 60_000;

    public static IReadOnlyList<Attack> All { get; } =
    [
        new("reconnects", "honest handshakes", ConnectionsPerSecond, (target, pace, stop) => AgainAsync(target, pace, (_, _) => Task.CompletedTask, stop)),
        new("yamux SYN flood", "SYN frames and nothing else", FramesPerSecond, (target, pace, stop) => FloodAsync(
            target, pace, (session, id) => session.Add(FrameType.WindowUpdate, FrameFlags.Syn, id, 0), stop)),
        new("yamux SYN and RST", "streams opened with a proposal and reset", StreamsPerSecond, (target, pace, stop) => FloodAsync(target, pace, (session, id) =>
        {
            session.Open(id, CommandedPeer.Wait);
            session.Add(FrameType.WindowUpdate, FrameFlags.Rst, id, 0);
        }, stop)),
        new("data beyond the window", "connections with a stream and 256 KiB and a byte", ConnectionsPerSecond, (target, pace, stop) => AgainAsync(target, pace, async (session, token) =>
        {
            session.Open(1, CommandedPeer.Wait);
            session.Add(FrameType.Data, FrameFlags.None, 1, YamuxOptions.InitialWindowBytes + 1);
            await session.FlushAsync(token);
            await session.WhenOverAsync(token);
        }, stop)),
        new("tiny window updates", "grants of one byte on one stream", FramesPerSecond, (target, pace, stop) => FloodAsync(target, pace, (session, id) =>
        {
            if (id == 1)
            {
                session.Open(1, CommandedPeer.Wait);
            }

            session.Add(FrameType.WindowUpdate, FrameFlags.None, 1, 1);
        }, stop)),
        new("streams that nobody reads", "streams with 60,000 bytes for a handler that reads none of them", 100, (target, pace, stop) => FloodAsync(
            target, pace, (session, id) => session.Open(id, CommandedPeer.Wait, new byte[UnreadBytes]), stop, atOnce: 1)),
        new("oversized messages", "identify pushes that claim a gibibyte", 500, (target, pace, stop) => FloodAsync(
            target, pace, (session, id) => session.Open(id, IdentifyProtocol.PushId, [0x80, 0x80, 0x80, 0x80, 0x04, .. new byte[1000]]), stop, atOnce: 5)),
        new("replayed frames", "connections with one frame sent twice", ConnectionsPerSecond, (target, pace, stop) => AgainAsync(target, pace, async (session, token) =>
        {
            session.Add(FrameType.Ping, FrameFlags.Syn, 0, 7);
            await session.FlushAsync(token);
            await session.ReplayAsync(token);
            await session.WhenOverAsync(token);
        }, stop)),
    ];

    // A new connection, as somebody new, for each blow.
    private static Task AgainAsync(Multiaddress target, Pace pace, Func<RawSession, CancellationToken, Task> blow, CancellationToken stop) => Attack.RepeatAsync(pace, async () =>
    {
        using Identity identity = Identity.Generate();
        using NoiseSecurity noise = new(identity, [YamuxSession.Id]);
        await using RawSession session = await RawSession.ConnectAsync(target, noise, stop);
        await blow(session, stop);
    }, stop);

    // One connection as long as it is let; ids are a remote end's, one after the other.
    private static async Task FloodAsync(Multiaddress target, Pace pace, Action<RawSession, uint> add, CancellationToken stop, int atOnce = FramesAtOnce)
    {
        using Identity identity = Identity.Generate();
        using NoiseSecurity noise = new(identity, [YamuxSession.Id]);
        await Attack.RepeatAsync(pace, async () =>
        {
            await using RawSession session = await RawSession.ConnectAsync(target, noise, stop);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(stop, session.Over);
            try
            {
                for (uint id = 1; ;)
                {
                    for (int i = 0; i < atOnce; i++, id += 2)
                    {
                        add(session, id);
                    }

                    await session.FlushAsync(either.Token);
                    await pace.NextAsync(atOnce, either.Token);
                }
            }
            catch (OperationCanceledException) when (!stop.IsCancellationRequested)
            {
                // Thrown out: again.
            }
        }, stop);
    }
}
