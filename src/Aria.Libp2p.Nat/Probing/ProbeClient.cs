using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using Aria.Libp2p.Encodings;

namespace Aria.Libp2p.Nat.Probing;

/// <summary>Asks other peers to dial this one back: AutoNAT v1 and v2. A v2 server's word that it reached this peer counts only where its dial was seen here.</summary>
public sealed class ProbeClient
{
    /// <summary>The most bytes that are sent for a dial of another IP address than this peer's as the server sees it.</summary>
    public const int MaxDialDataBytes = 100_000;

    private const int MaxWaiting = 64;

    private readonly LocalPeer _peer;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<ulong, Multiaddress?> _nonces = new();      // asked with, and at which own address it came back

    /// <summary>Asks for <paramref name="peer"/>, and hears the dials; a question takes at most <paramref name="timeout"/>.</summary>
    public ProbeClient(LocalPeer peer, TimeSpan timeout, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(peer);
        (_peer, _timeout, _time) = (peer, timeout, time);
        peer.Handle(V2Message.DialBackId, HearDialBackAsync);
    }

    /// <summary>True where a connected peer serves v2, or v1.</summary>
    public bool Serves(PeerId server) => _peer.Identified(server) is { } told && (told.Protocols.Contains(V2Message.RequestId) || told.Protocols.Contains(V1Message.Id));

    /// <summary>Asks by v2 where the server is known to serve it, else by v1. Throws what the network does, <see cref="Libp2pException"/>.</summary>
    public Task<ProbeAnswer> AskAsync(PeerId server, IReadOnlyList<Multiaddress> addresses, CancellationToken cancellationToken) =>
        _peer.Identified(server)?.Protocols.Contains(V2Message.RequestId) == true
            ? AskV2Async(server, addresses, cancellationToken) : AskV1Async(server, addresses, cancellationToken);

    /// <summary>AutoNAT v1: whether any of the addresses, which must be of the IP address that the server sees, is reached.</summary>
    public Task<ProbeAnswer> AskV1Async(PeerId server, IReadOnlyList<Multiaddress> addresses, CancellationToken cancellationToken) =>
        WithinTimeoutAsync(server, V1Message.Id, async (stream, stop) =>
        {
            LengthPrefixed.Write(stream.Output, new V1Message { Peer = _peer.Id, Addresses = [.. addresses.Take(V1Message.MaxAddresses)] }.Encode());
            await stream.Output.FlushAsync(stop).ConfigureAwait(false);
            byte[]? bytes = await LengthPrefixed.ReadAsync(stream.Input, V1Message.MaxBytes, stop).ConfigureAwait(false);
            if (bytes is null || !V1Message.TryDecode(bytes, out V1Message? answer) || !answer.IsResponse)
            {
                throw new ProtocolViolationException($"{server} gave no dial response.");
            }

            return answer.Status switch
            {
                V1Status.Ok => new ProbeAnswer(ProbeOutcome.Reached, addresses.FirstOrDefault(one => answer.Reached is not null && one.WithoutPeer().Equals(answer.Reached.WithoutPeer()))),
                V1Status.DialError => new(ProbeOutcome.NotReached, addresses.Count == 1 ? addresses[0] : null),
                _ => new(ProbeOutcome.Unknown, null),
            };
        }, cancellationToken);

    /// <summary>AutoNAT v2: whether the first of the addresses that the server dials is reached; the answer names it.</summary>
    public Task<ProbeAnswer> AskV2Async(PeerId server, IReadOnlyList<Multiaddress> addresses, CancellationToken cancellationToken) =>
        WithinTimeoutAsync(server, V2Message.RequestId, async (stream, stop) =>
        {
            ulong nonce = BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(ulong)));
            if (_nonces.Count >= MaxWaiting || !_nonces.TryAdd(nonce, null))
            {
                throw new ResourceLimitException($"{MaxWaiting} questions wait already.");
            }

            try
            {
                Multiaddress[] asked = [.. addresses.Take(V2Message.MaxAddresses)];
                await SendAsync(stream, new V2Message.Request([.. asked], nonce), stop).ConfigureAwait(false);
                V2Message answer = await HearAsync(stream, stop).ConfigureAwait(false);
                if (answer is V2Message.DataRequest wanted)
                {
                    await SendDialDataAsync(stream, wanted, asked.Length, stop).ConfigureAwait(false);
                    answer = await HearAsync(stream, stop).ConfigureAwait(false);
                }

                return answer is V2Message.Response response
                    ? Judged(server, response, asked, _nonces[nonce]) : throw new ProtocolViolationException($"{server} gave another message than the dial response.");
            }
            finally
            {
                _nonces.TryRemove(nonce, out _);
            }
        }, cancellationToken);

    private static ProbeAnswer Judged(PeerId server, V2Message.Response response, Multiaddress[] asked, Multiaddress? dialedAt)
    {
        if (response.Status != V2Status.Ok)
        {
            return new(ProbeOutcome.Unknown, null);
        }

        if (response.Index >= asked.Length)
        {
            throw new ProtocolViolationException($"{server} answered about an address that nobody asked for.");
        }

        Multiaddress address = asked[response.Index];
        return response.DialStatus switch
        {
            V2DialStatus.Ok when dialedAt is null || !LeadsTo(address, dialedAt) => throw new ProtocolViolationException($"{server} says that it dialed {address}, and no dial came there."),
            V2DialStatus.Ok => new(ProbeOutcome.Reached, address),
            V2DialStatus.DialError => new(ProbeOutcome.NotReached, address),
            _ => new(ProbeOutcome.Unknown, address),
        };
    }

    // A NAT changes the numbers; that the server dialed another kind of address shows all the same.
    private static bool LeadsTo(Multiaddress dialed, Multiaddress reached) =>
        dialed.WithoutPeer().Parts.Select(part => part.Protocol).SequenceEqual(reached.WithoutPeer().Parts.Select(part => part.Protocol));

    private static async Task SendDialDataAsync(PeerStream stream, V2Message.DataRequest wanted, int asked, CancellationToken cancellationToken)
    {
        if (wanted.Bytes > MaxDialDataBytes || wanted.Index >= asked)
        {
            throw new ProtocolViolationException($"{stream.RemotePeer} wants {wanted.Bytes} bytes for address {wanted.Index} of {asked}.");
        }

        for (int left = (int)wanted.Bytes; left > 0; left -= V2Message.MaxDataBytes)
        {
            await SendAsync(stream, new V2Message.Data(Math.Min(left, V2Message.MaxDataBytes)), cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task SendAsync(PeerStream stream, V2Message message, CancellationToken cancellationToken)
    {
        LengthPrefixed.Write(stream.Output, message.Encode());
        await stream.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    private static async Task<V2Message> HearAsync(PeerStream stream, CancellationToken cancellationToken) =>
        await LengthPrefixed.ReadAsync(stream.Input, V2Message.MaxBytes, cancellationToken).ConfigureAwait(false) is { } bytes && V2Message.TryDecode(bytes, out V2Message? message)
            ? message : throw new ProtocolViolationException($"{stream.RemotePeer} sent a malformed message or none.");

    private async Task<ProbeAnswer> WithinTimeoutAsync(PeerId server, string protocol, Func<PeerStream, CancellationToken, Task<ProbeAnswer>> askAsync, CancellationToken cancellationToken)
    {
        using CancellationTokenSource deadline = new(_timeout, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            PeerStream stream = await _peer.OpenStreamAsync(server, protocol, either.Token).ConfigureAwait(false);
            try
            {
                ProbeAnswer answer = await askAsync(stream, either.Token).ConfigureAwait(false);
                await stream.DisposeAsync().ConfigureAwait(false);
                return answer;
            }
            catch
            {
                stream.Reset();
                throw;
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ConnectionLostException($"{server} did not answer within {_timeout.TotalSeconds:0.###} s.");
        }
    }

    private async Task HearDialBackAsync(PeerStream stream, CancellationToken cancellationToken)
    {
        using CancellationTokenSource deadline = new(_timeout, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        byte[]? bytes = await LengthPrefixed.ReadAsync(stream.Input, V2Message.MaxBytes, either.Token).ConfigureAwait(false);
        if (bytes is null || !V2Message.TryDecodeDialBack(bytes, out ulong nonce) || stream.LocalAddress is not { } reached || !_nonces.TryUpdate(nonce, reached, null))
        {
            throw new ProtocolViolationException($"{stream.RemotePeer} dialed back, and nobody asked.");
        }

        LengthPrefixed.Write(stream.Output, []);
        await stream.Output.FlushAsync(either.Token).ConfigureAwait(false);
    }
}
