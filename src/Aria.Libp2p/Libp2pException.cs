namespace Aria.Libp2p;

/// <summary>Everything that the network or a remote peer may do to a call: the base of all exceptions of this library.</summary>
public class Libp2pException : Exception
{
    /// <summary>An exception with the library's general message.</summary>
    public Libp2pException() : base("The libp2p operation failed.")
    {
    }

    /// <summary>An exception that says what happened.</summary>
    public Libp2pException(string message) : base(message)
    {
    }

    /// <summary>An exception that says what happened and why.</summary>
    public Libp2pException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}

/// <summary>No address of the peer led to an authenticated connection; the message tells what each address said.</summary>
public sealed class DialFailedException(string message, Exception? innerException = null) : Libp2pException(message, innerException);

/// <summary>The transport could not listen where it was told to: the address is taken, malformed, or not this machine's.</summary>
public sealed class ListenFailedException(string message, Exception? innerException = null) : Libp2pException(message, innerException);

/// <summary>The peer proved another identity than the one that was dialed.</summary>
public sealed class PeerMismatchException(PeerId expected, PeerId actual)
    : Libp2pException($"Dialed {expected}, but {actual} answered.")
{
    /// <summary>The identity that was dialed.</summary>
    public PeerId Expected { get; } = expected;

    /// <summary>The identity that the remote end proved.</summary>
    public PeerId Actual { get; } = actual;
}

/// <summary>The remote end speaks none of the proposed protocols.</summary>
public sealed class ProtocolNotSupportedException(string message) : Libp2pException(message);

/// <summary>The remote end sent what its protocol forbids; the connection does not survive it.</summary>
public sealed class ProtocolViolationException(string message, Exception? innerException = null) : Libp2pException(message, innerException);

/// <summary>One end abandoned the stream; data in flight may be lost, the connection goes on.</summary>
public sealed class StreamResetException(string message) : Libp2pException(message);

/// <summary>The connection under a stream is gone.</summary>
public sealed class ConnectionLostException(string message, Exception? innerException = null) : Libp2pException(message, innerException);

/// <summary>A named limit of this peer or of the remote one is reached.</summary>
public class ResourceLimitException(string message) : Libp2pException(message);

/// <summary>The peer that proved itself is one that the <see cref="ConnectionGate"/> refuses.</summary>
internal sealed class BlockedPeerException(PeerId peer) : ResourceLimitException($"{peer} is blocked here.");
