namespace Aria.Libp2p.Streams;

/// <summary>Why a direction of a stream ended before its end. Each call that meets it throws a new exception.</summary>
internal abstract record StreamFault
{
    public static StreamFault ResetHere { get; } = new Abandoned("This end reset the stream.");

    public static StreamFault ResetByRemote { get; } = new Abandoned("The remote end reset the stream.");

    public static StreamFault Lost(string message, Exception? cause = null) => new ConnectionGone(message, cause);

    public static StreamFault Refused(string message) => new NotSpoken(message);

    public abstract Libp2pException ToException();

    private sealed record Abandoned(string Message) : StreamFault
    {
        public override Libp2pException ToException() => new StreamResetException(Message);
    }

    private sealed record ConnectionGone(string Message, Exception? Cause) : StreamFault
    {
        public override Libp2pException ToException() => new ConnectionLostException(Message, Cause);
    }

    private sealed record NotSpoken(string Message) : StreamFault
    {
        public override Libp2pException ToException() => new ProtocolNotSupportedException(Message);
    }
}
