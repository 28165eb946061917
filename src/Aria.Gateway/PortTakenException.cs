using System.Net;

namespace Aria.Gateway;

/// <summary>Another process listens where the gateway was to serve.</summary>
public sealed class PortTakenException(IPEndPoint endPoint, Exception? cause = null)
    : IOException($"{endPoint} is taken: another gateway or testnet, or some other program, listens there. Stop it, or choose another port.", cause)
{
    /// <summary>What was to be bound.</summary>
    public IPEndPoint EndPoint => endPoint;
}
