using NSec.Cryptography;

namespace Aria.Libp2p.Noise;

/// <summary>
/// Noise_XX_25519_ChaChaPoly_SHA256, one side: messages are written and read in turn, three in all, then <see cref="Split"/>.
/// <code>
/// → e
/// ← e, ee, s, es
/// → s, se
/// </code>
/// </summary>
internal sealed class HandshakeXx : IDisposable
{
    public const int KeyBytes = 32;

    private static readonly KeyAgreementAlgorithm X25519 = KeyAgreementAlgorithm.X25519;

    private readonly SymmetricState _state;
    private readonly Key _static;
    private readonly Key _ephemeral;
    private readonly bool _isInitiator;
    private byte[] _remoteEphemeral = [];
    private byte[] _remoteStatic = [];
    private int _message;

    /// <summary>Takes over <paramref name="ephemeral"/> and leaves <paramref name="staticKey"/> to its owner.</summary>
    public HandshakeXx(bool isInitiator, ReadOnlySpan<byte> prologue, Key staticKey, Key ephemeral)
    {
        _isInitiator = isInitiator;
        _static = staticKey;
        _ephemeral = ephemeral;
        _state = new("Noise_XX_25519_ChaChaPoly_SHA256"u8, prologue);
    }

    /// <summary>The remote static key, once its message was read.</summary>
    public ReadOnlySpan<byte> RemoteStatic => _remoteStatic;

    /// <summary>The transcript hash.</summary>
    public ReadOnlySpan<byte> Hash => _state.Hash;

    public byte[] WriteMessage(ReadOnlySpan<byte> payload)
    {
        List<byte> message = [];
        switch (NextMessage(writing: true))
        {
            case 0:
                message.AddRange(WriteEphemeral());
                break;
            case 1:
                message.AddRange(WriteEphemeral());
                Agree(_ephemeral, _remoteEphemeral);
                message.AddRange(_state.EncryptAndHash(PublicBytes(_static)));
                Agree(_static, _remoteEphemeral);
                break;
            default:
                message.AddRange(_state.EncryptAndHash(PublicBytes(_static)));
                Agree(_static, _remoteEphemeral);
                break;
        }

        message.AddRange(_state.EncryptAndHash(payload));
        return [.. message];
    }

    /// <summary>Reads the remote end's next message and returns its payload; throws <see cref="ProtocolViolationException"/> for anything else.</summary>
    public byte[] ReadMessage(ReadOnlySpan<byte> message)
    {
        ReadOnlySpan<byte> rest = message;
        switch (NextMessage(writing: false))
        {
            case 0:
                ReadEphemeral(Take(ref rest, KeyBytes));
                break;
            case 1:
                ReadEphemeral(Take(ref rest, KeyBytes));
                Agree(_ephemeral, _remoteEphemeral);
                _remoteStatic = _state.DecryptAndHash(Take(ref rest, KeyBytes + CipherState.TagBytes));
                Agree(_ephemeral, _remoteStatic);
                break;
            default:
                _remoteStatic = _state.DecryptAndHash(Take(ref rest, KeyBytes + CipherState.TagBytes));
                Agree(_ephemeral, _remoteStatic);
                break;
        }

        return _state.DecryptAndHash(rest);
    }

    /// <summary>The ciphers of the transport phase, after the third message.</summary>
    public (CipherState Send, CipherState Receive) Split()
    {
        (CipherState initiator, CipherState responder) = _message == 3 ? _state.Split() : throw new InvalidOperationException("The handshake is not over.");
        return _isInitiator ? (initiator, responder) : (responder, initiator);
    }

    public void Dispose()
    {
        _ephemeral.Dispose();
        _state.Dispose();
    }

    private int NextMessage(bool writing) =>
        _message < 3 && writing == (_message % 2 == 0 == _isInitiator) ? _message++ : throw new InvalidOperationException("It is the other end's turn.");

    private byte[] WriteEphemeral()
    {
        byte[] bytes = PublicBytes(_ephemeral);
        _state.MixHash(bytes);
        return bytes;
    }

    private void ReadEphemeral(ReadOnlySpan<byte> bytes)
    {
        _remoteEphemeral = bytes.ToArray();
        _state.MixHash(bytes);
    }

    private void Agree(Key own, ReadOnlySpan<byte> remote)
    {
        SharedSecretCreationParameters exportable = new() { ExportPolicy = KeyExportPolicies.AllowPlaintextArchiving };

        // NSec answers null where the shared secret would be zero: a low-order point.
        using SharedSecret secret =
            (PublicKey.TryImport(X25519, remote, KeyBlobFormat.RawPublicKey, out PublicKey? publicKey) ? X25519.Agree(own, publicKey!, exportable) : null)
            ?? throw new ProtocolViolationException("The remote end's key agrees on nothing secret.");
        _state.MixKey(secret.Export(SharedSecretBlobFormat.RawSharedSecret));
    }

    private static byte[] PublicBytes(Key key) => key.PublicKey.Export(KeyBlobFormat.RawPublicKey);

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> rest, int count)
    {
        if (rest.Length < count)
        {
            throw new ProtocolViolationException("A handshake message is too short.");
        }

        ReadOnlySpan<byte> taken = rest[..count];
        rest = rest[count..];
        return taken;
    }
}
