using System.Net;
using System.Net.Sockets;

namespace Aria.Libp2p.Transports;

/// <summary>Looks domain names up.</summary>
public interface INameResolver
{
    /// <summary>The addresses of a name, of one family or, with <see cref="AddressFamily.Unspecified"/>, of both; none where it has none. Throws <see cref="NameNotResolvedException"/> where nobody answers.</summary>
    Task<IReadOnlyList<IPAddress>> AddressesAsync(string name, AddressFamily family, CancellationToken cancellationToken);

    /// <summary>The text records of a name, each with its strings joined; none where it has none. Throws <see cref="NameNotResolvedException"/> where nobody answers.</summary>
    Task<IReadOnlyList<string>> TextsAsync(string name, CancellationToken cancellationToken);
}

/// <summary>No name server gave an answer about a name.</summary>
public sealed class NameNotResolvedException(string message, Exception? innerException = null) : Libp2pException(message, innerException);
