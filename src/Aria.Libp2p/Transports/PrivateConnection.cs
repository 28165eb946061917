using System.Buffers;
using System.Security.Cryptography;
using Aria.Libp2p.Encodings;

namespace Aria.Libp2p.Transports;

/// <summary>
/// A connection within a private network: each end sends 24 random bytes, then its bytes under XSalsa20 with them and the common key. That hides and keeps strangers out; it authenticates
/// nothing, which Noise above it does. Every connection begins with the same line, so another key shows at once.
/// </summary>
internal sealed class PrivateConnection(TransportConnection connection, PreSharedKey key) : TransportConnection
{
    private readonly byte[] _receivedNonce = new byte[XSalsa20.NonceBytes];
    private int _nonceBytes;
    private int _provenBytes;
    private XSalsa20? _receiving;
    private XSalsa20? _sending;

    public override Multiaddress LocalAddress => connection.LocalAddress;

    public override Multiaddress RemoteAddress => connection.RemoteAddress;

    public override bool IsLimited => connection.IsLimited;

    // What each end of a connection that was not secured yet says first.
    private static ReadOnlySpan<byte> FirstLine => "\x13/multistream/1.0.0\n"u8;

    public override async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            while (_nonceBytes < XSalsa20.NonceBytes)
            {
                int some = await connection.ReceiveAsync(_receivedNonce.AsMemory(_nonceBytes), cancellationToken).ConfigureAwait(false);
                if (some == 0)
                {
                    throw Unproven();
                }

                _nonceBytes += some;
                if (_nonceBytes >= FirstLine.Length && _receivedNonce.AsSpan().StartsWith(FirstLine))
                {
                    throw new ProtocolViolationException($"{RemoteAddress} is in no private network, and this peer is in one.");
                }
            }

            _receiving ??= new(key.Bytes.ToArray(), _receivedNonce);
            int count = await connection.ReceiveAsync(buffer, cancellationToken).ConfigureAwait(false);
            if (count == 0 && !buffer.IsEmpty && _provenBytes < FirstLine.Length)
            {
                throw Unproven();
            }

            Memory<byte> received = buffer[..count];
            _receiving.Transform(received.Span, received.Span);
            Prove(received.Span);
            return count;
        }
        catch (ConnectionLostException exception) when (_provenBytes < FirstLine.Length && exception.InnerException is not null)
        {
            throw Unproven(exception);
        }
    }

    public override async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        byte[] nonce = [];
        if (_sending is null)
        {
            nonce = RandomNumberGenerator.GetBytes(XSalsa20.NonceBytes);
            _sending = new(key.Bytes.ToArray(), nonce);
        }

        byte[] rented = ArrayPool<byte>.Shared.Rent(nonce.Length + bytes.Length);
        try
        {
            nonce.CopyTo(rented, 0);
            _sending.Transform(bytes.Span, rented.AsSpan(nonce.Length, bytes.Length));
            await connection.SendAsync(rented.AsMemory(0, nonce.Length + bytes.Length), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    public override ValueTask DisposeAsync() => connection.DisposeAsync();

    private void Prove(ReadOnlySpan<byte> received)
    {
        int due = Math.Min(FirstLine.Length - _provenBytes, received.Length);
        if (due > 0 && !received[..due].SequenceEqual(FirstLine.Slice(_provenBytes, due)))
        {
            throw new ProtocolViolationException($"{RemoteAddress} is in another private network: it has another pre-shared key.");
        }

        _provenBytes += Math.Max(due, 0);
    }

    private ConnectionLostException Unproven(Exception? cause = null) =>
        new($"{RemoteAddress} ended the connection before it proved the pre-shared key: it may have another one, or be in no private network.", cause);
}
