using System.Buffers.Binary;
using Aria.Libp2p.Connections;
using Aria.Libp2p.Multistream;
using Aria.Libp2p.Noise;
using Aria.Libp2p.Transports;
using NSec.Cryptography;

namespace Aria.Libp2p.Benchmarks.Attacks;

/// <summary>What can be done to a listener without becoming its peer.</summary>
internal static class StrangerAttacks
{
    private const int SlowConnections = 60;
    private const int ConnectionsPerSecond = 50;

    public static IReadOnlyList<Attack> All { get; } =
    [
        new("slow handshakes", $"bytes of a handshake, over {SlowConnections} connections at a time", 600, TrickleAsync),
        new("garbage", "connections with 2,000 random bytes", ConnectionsPerSecond, SendGarbageAsync),
        new("wrong identities", "handshakes whose identity signed another key", ConnectionsPerSecond, LieAsync),
    ];

    private static Task TrickleAsync(Multiaddress target, Pace pace, CancellationToken stop) => Task.WhenAll(Enumerable.Range(0, SlowConnections).Select(_ => Task.Run(
        () => Attack.RepeatAsync(pace, async () =>
        {
            await using TransportConnection connection = await new TcpTransport().DialAsync(target.WithoutPeer(), stop);
            foreach (byte one in "\u0013/multistream/1.0.0\n"u8.ToArray())
            {
                await pace.NextAsync(1, stop);
                await connection.SendAsync(new[] { one }, stop);
            }
        }, stop), stop)));

    private static Task SendGarbageAsync(Multiaddress target, Pace pace, CancellationToken stop) => Attack.RepeatAsync(pace, async () =>
    {
        await using TransportConnection connection = await new TcpTransport().DialAsync(target.WithoutPeer(), stop);
        byte[] garbage = new byte[2000];
        Random.Shared.NextBytes(garbage);
        await connection.SendAsync(garbage, stop);
        await ReadToTheEndAsync(connection, stop);
    }, stop);

    private static async Task LieAsync(Multiaddress target, Pace pace, CancellationToken stop)
    {
        using Identity identity = Identity.Generate();
        using Key told = Key.Create(KeyAgreementAlgorithm.X25519), used = Key.Create(KeyAgreementAlgorithm.X25519);
        byte[] payload = NoisePayload.Encode(identity, told.PublicKey.Export(KeyBlobFormat.RawPublicKey), []);
        await Attack.RepeatAsync(pace, async () =>
        {
            await using TransportConnection connection = await new TcpTransport().DialAsync(target.WithoutPeer(), stop);
            PlainChannel plain = new(connection);
            await ChannelNegotiation.ProposeAsync(plain, NoiseSecurity.Id, stop);
            using HandshakeXx handshake = new(isInitiator: true, [], used, Key.Create(KeyAgreementAlgorithm.X25519));
            await SendAsync(plain, handshake.WriteMessage([]), stop);
            Memory<byte> answer;
            while (!plain.TryTakeFrame(ushort.MaxValue, out answer, out int missing))
            {
                if (!await plain.FillAsync(missing, stop))
                {
                    return;
                }
            }

            handshake.ReadMessage(answer.Span);
            await SendAsync(plain, handshake.WriteMessage(payload), stop);
            await ReadToTheEndAsync(connection, stop);
        }, stop);
    }

    private static ValueTask SendAsync(PlainChannel channel, byte[] message, CancellationToken stop)
    {
        byte[] frame = new byte[sizeof(ushort) + message.Length];
        BinaryPrimitives.WriteUInt16BigEndian(frame, (ushort)message.Length);
        message.CopyTo(frame, sizeof(ushort));
        return channel.SendAsync(frame, stop);
    }

    private static async Task ReadToTheEndAsync(TransportConnection connection, CancellationToken stop)
    {
        byte[] waste = new byte[4096];
        while (await connection.ReceiveAsync(waste, stop) > 0)
        {
        }
    }
}
