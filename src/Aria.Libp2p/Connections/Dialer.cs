using Aria.Libp2p.Transports;

namespace Aria.Libp2p.Connections;

/// <summary>
/// Leads to a connection with a peer: one dial per peer at a time, its addresses tried one after the other and side by side when an answer
/// is slow, those that failed lately passed over.
/// </summary>
internal sealed class Dialer(
    IReadOnlyList<ITransport> transports, AddressResolution resolution, Upgrader upgrader, ConnectionTable connections, Admission admit,
    DialBackoff backoff, ConnectionGate gate, LocalPeerOptions options, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(PeerId Peer, bool TakesLimited), Task<PeerConnection>> _running = [];

    /// <summary>
    /// Dials the addresses, or joins the dial of the peer that runs already. <paramref name="isAskedFor"/>: also those that failed lately.
    /// Without <paramref name="takesLimited"/> relayed addresses are left out; with it they come last.
    /// </summary>
    public async Task<PeerConnection> DialAsync(
        PeerId peer, IReadOnlyList<Multiaddress> addresses, bool isAskedFor, bool takesLimited, CancellationToken stop, CancellationToken cancellationToken)
    {
        while (true)
        {
            bool own = false;
            Task<PeerConnection>? dial;
            lock (_gate)
            {
                if (!_running.TryGetValue((peer, takesLimited), out dial))
                {
                    // A dial that ended since the caller looked has left its connection in the table.
                    if (connections.TryGet(peer, takesLimited, out PeerConnection? existing))
                    {
                        return existing;
                    }

                    own = true;
                    dial = _running[(peer, takesLimited)] = Task.Run(() => RunAsync(peer, addresses, isAskedFor, takesLimited, stop), CancellationToken.None);
                }
            }

            try
            {
                return await dial.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (Libp2pException) when (!own && isAskedFor)
            {
                // Another caller's addresses failed; this caller's may be better.
            }
        }
    }

    /// <summary>
    /// Dials all the addresses at once, whatever else is dialed or connected, and takes the first connection. Where both ends dial each other at the same moment, so that neither has accepted, one of them
    /// is the initiator of what runs above: <paramref name="isInitiator"/>.
    /// </summary>
    public async Task<PeerConnection> MeetAsync(PeerId peer, IReadOnlyList<Multiaddress> addresses, bool isInitiator, CancellationToken stop)
    {
        using CancellationTokenSource done = CancellationTokenSource.CreateLinkedTokenSource(stop);
        List<Task<PeerConnection>> running =
            [.. addresses.Where(address => !address.IsRelayed && !gate.Refuses(peer) && !gate.Refuses(address) && transports.Any(transport => transport.Supports(address))).Select(address => DialOneAsync(peer, address, done.Token, isInitiator))];
        Exception? failure = null;
        while (running.Count > 0)
        {
            Task<PeerConnection> ended = await Task.WhenAny(running).ConfigureAwait(false);
            running.Remove(ended);
            try
            {
                PeerConnection connection = await ended.ConfigureAwait(false);
                await done.CancelAsync().ConfigureAwait(false);
                _ = CloseLosersAsync(running);
                return connection;
            }
            catch (Exception exception) when (exception is Libp2pException)
            {
                failure = exception;
            }
        }

        throw new DialFailedException($"{peer} was not met at {string.Join(", ", addresses)}. {failure?.Message}", failure);
    }

    private async Task<PeerConnection> RunAsync(PeerId peer, IReadOnlyList<Multiaddress> addresses, bool isAskedFor, bool takesLimited, CancellationToken stop)
    {
        try
        {
            if (gate.Refuses(peer))
            {
                throw new DialFailedException($"{peer} is blocked here.");
            }

            (IReadOnlyList<Multiaddress> resolved, string unresolved) = await ResolveAsync(peer, addresses, stop).ConfigureAwait(false);
            Multiaddress[] reachable = DialOrder.Of(resolved.Where(
                address => (takesLimited || !address.IsRelayed) && !gate.Refuses(address) && transports.Any(transport => transport.Supports(address))));
            Multiaddress[] due = isAskedFor ? reachable : [.. reachable.Where(address => !backoff.IsPassedOver(address))];
            if (due.Length == 0)
            {
                throw new DialFailedException(
                    addresses.Count == 0 ? $"No address of {peer} is known."
                    : reachable.Length == 0 ? $"No transport may reach {peer} at {string.Join(", ", addresses)}.{unresolved}"
                    : $"{peer} could not be reached a moment ago at {string.Join(", ", reachable.AsEnumerable())}.");
            }

            return await TryEachAsync(peer, due, stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException exception) when (stop.IsCancellationRequested)
        {
            throw new DialFailedException("The local peer is shutting down.", exception);
        }
        finally
        {
            lock (_gate)
            {
                _running.Remove((peer, takesLimited));
            }
        }
    }

    // Names become addresses of the one peer that is dialed; those that lead nowhere are told.
    private async Task<(IReadOnlyList<Multiaddress> Resolved, string Unresolved)> ResolveAsync(PeerId peer, IReadOnlyList<Multiaddress> addresses, CancellationToken stop)
    {
        if (!addresses.Any(AddressResolution.IsNamed))
        {
            return (addresses, "");
        }

        using CancellationTokenSource deadline = new(options.DialTimeout, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(stop, deadline.Token);
        List<Multiaddress> resolved = [];
        string unresolved = "";
        foreach (Multiaddress address in addresses)
        {
            try
            {
                IReadOnlyList<Multiaddress> found = await resolution.ResolveAsync(address.WithPeer(peer), either.Token).ConfigureAwait(false);
                resolved.AddRange(found.Where(one => one.Peer == peer && one.Parts.Length > 1).Select(one => one.WithoutPeer()));
            }
            catch (NameNotResolvedException exception)
            {
                unresolved += $" {exception.Message}";
            }
            catch (OperationCanceledException) when (!stop.IsCancellationRequested)
            {
                unresolved += $" {address} was not resolved within {options.DialTimeout.TotalSeconds:0.###} s.";
            }
        }

        return ([.. resolved.Distinct()], unresolved);
    }

    private async Task<PeerConnection> TryEachAsync(PeerId peer, Multiaddress[] addresses, CancellationToken stop)
    {
        using CancellationTokenSource done = CancellationTokenSource.CreateLinkedTokenSource(stop);
        List<Task<PeerConnection>> running = [];
        List<Exception> failures = [];
        int next = 0;
        while (next < addresses.Length || running.Count > 0)
        {
            if (next < addresses.Length)
            {
                running.Add(DialOneAsync(peer, addresses[next++], done.Token));
            }

            Task pause = next < addresses.Length ? Task.Delay(DialOrder.HeadStartOf(addresses[next - 1]), time, done.Token) : Task.Delay(Timeout.Infinite, done.Token);
            Task first = await Task.WhenAny([.. running, pause]).ConfigureAwait(false);
            if (first is not Task<PeerConnection> ended)
            {
                stop.ThrowIfCancellationRequested();
                continue;
            }

            running.Remove(ended);
            try
            {
                PeerConnection connection = await ended.ConfigureAwait(false);
                await done.CancelAsync().ConfigureAwait(false);
                _ = CloseLosersAsync(running);
                return connection;
            }
            catch (Exception exception) when (exception is not OperationCanceledException || !stop.IsCancellationRequested)
            {
                failures.Add(exception);
            }
        }

        await done.CancelAsync().ConfigureAwait(false);
        throw failures is [PeerMismatchException mismatch] ? mismatch : new DialFailedException(
            $"{peer} could not be reached. {string.Join(' ', addresses.Zip(failures, (_, failure) => failure.Message))}", failures[0]);
    }

    private async Task<PeerConnection> DialOneAsync(PeerId peer, Multiaddress address, CancellationToken stop, bool isInitiator = true)
    {
        using CancellationTokenSource deadline = new(options.DialTimeout, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(stop, deadline.Token);
        try
        {
            ITransport transport = transports.First(one => one.Supports(address));
            TransportConnection connection = await transport.DialAsync(address.IsRelayed ? address.WithPeer(peer) : address, either.Token).ConfigureAwait(false);
            MuxedConnection muxed = await upgrader.UpgradeAsync(connection, isInitiator, peer, either.Token).ConfigureAwait(false);
            PeerConnection admitted = admit(muxed, connection, address, isOutbound: true);
            backoff.Succeeded(address);
            return admitted;
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            backoff.Failed(address);
            throw new DialFailedException($"{address} did not answer within {options.DialTimeout.TotalSeconds:0.###} s.");
        }
        catch (Libp2pException)
        {
            backoff.Failed(address);
            throw;
        }
    }

    private static async Task CloseLosersAsync(List<Task<PeerConnection>> losers)
    {
        foreach (Task<PeerConnection> loser in losers)
        {
            try
            {
                await (await loser.ConfigureAwait(false)).CloseAsync().ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is Libp2pException or OperationCanceledException)
            {
                // As meant: it lost.
            }
        }
    }
}
