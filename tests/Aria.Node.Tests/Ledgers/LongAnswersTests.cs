using Aria.Libp2p;
using Aria.Libp2p.Transports;
using Aria.Node.Ledgers;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aria.Node.Tests.Ledgers;

/// <summary>
/// Answers as long as specs/node.md §1 allows. They are longer than a stream's receive window of 256 KiB, of which a sender gets more only while
/// the reader takes what has come.
/// </summary>
public sealed class LongAnswersTests : IAsyncDisposable
{
    private static readonly byte[] Note = "a note"u8.ToArray();

    private readonly MemoryNetwork _network = new();
    private readonly List<LocalPeer> _peers = [];
    private readonly List<Identity> _identities = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task APageOfTheMostEntries_Arrives()
    {
        ReadOnlyMemory<byte>[] entries = [.. Enumerable.Range(0, LedgerProtocol.MaxPageEntries).Select(i => (ReadOnlyMemory<byte>)Bytes(i, LedgerProtocol.MaxPageBytes / LedgerProtocol.MaxPageEntries))];
        (LedgerClient client, PeerId owner) = await MeetAsync(request => request is LedgerMessage.GetEntries get
            ? new LedgerMessage.Entries(get.From, [.. entries.Skip((int)get.From).Take(get.Max)])
            : new LedgerMessage.Head(Note));
        ReadOnlyMemory<byte>[] fetched = await client.EntriesAsync(owner, 0, entries.Length, Token).ToArrayAsync(Token);
        Assert.Equal(entries.Select(Convert), fetched.Select(Convert));
        Assert.Equal(Note, (await client.HeadAsync(owner, Token)).ToArray());
    }

    [Fact]
    public async Task ATraceInTwoParts_Arrives()
    {
        byte[] trace = Bytes(7, LedgerProtocol.MaxPageBytes + 100_000);
        (LedgerClient client, PeerId owner) = await MeetAsync(request => request is LedgerMessage.GetTrace get
            ? new LedgerMessage.TracePart(trace.Length, get.Offset, trace.AsMemory(get.Offset, Math.Min(LedgerProtocol.MaxPageBytes, trace.Length - get.Offset)))
            : new LedgerMessage.Refused(LedgerRefusalCode.Malformed, ""));
        Assert.Equal(trace, await client.TraceAsync(owner, default, 0, 0, Token));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (LocalPeer peer in _peers)
        {
            await peer.DisposeAsync();
        }

        foreach (Identity identity in _identities)
        {
            identity.Dispose();
        }
    }

    private static string Convert(ReadOnlyMemory<byte> bytes) => System.Convert.ToHexString(bytes.Span);

    private static byte[] Bytes(int seed, int length)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    // An asker, and an owner that answers so; both over memory.
    private async Task<(LedgerClient Client, PeerId Owner)> MeetAsync(Func<LedgerMessage, LedgerMessage> answer)
    {
        LocalPeer owner = Peer(), asker = Peer();
        owner.Handle(LedgerProtocol.Id, async (stream, cancellationToken) =>
        {
            while (await LedgerFrames.ReadAsync(stream.Input, LedgerProtocol.MaxRequestBytes, cancellationToken) is { } request)
            {
                await LedgerFrames.WriteAsync(stream.Output, answer(LedgerCodec.Decode(request)!), cancellationToken);
            }
        });
        Multiaddress address = await owner.ListenAsync(Multiaddress.Parse("/memory/1"), Token);
        asker.AddAddresses(owner.Id, [address]);
        return (new(asker, TimeProvider.System), owner.Id);
    }

    private LocalPeer Peer()
    {
        Identity identity = Identity.Generate();
        LocalPeer peer = new(identity, [new MemoryTransport(_network)], new LocalPeerOptions(), TimeProvider.System, NullLoggerFactory.Instance);
        _identities.Add(identity);
        _peers.Add(peer);
        return peer;
    }
}
