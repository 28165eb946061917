namespace Aria.Libp2p;

/// <summary>
/// Serves one inbound stream of a protocol. The stream is closed when the task ends and reset when it fails;
/// the token is cancelled when the local peer is disposed.
/// </summary>
public delegate Task StreamHandler(PeerStream stream, CancellationToken cancellationToken);
