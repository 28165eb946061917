using System.Net;

namespace Aria.Gateway;

/// <summary>The gateway cannot listen where it was told to.</summary>
public class PortRefusedException(IPEndPoint endPoint, string problem, Exception? cause = null) : IOException(problem, cause)
{
    /// <summary>What was to be bound.</summary>
    public IPEndPoint EndPoint => endPoint;
}

/// <summary>Another process listens there.</summary>
public sealed class PortTakenException(IPEndPoint endPoint, Exception? cause = null)
    : PortRefusedException(endPoint, $"{endPoint} is taken: another gateway or testnet, or some other program, listens there.", cause);
