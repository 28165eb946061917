using System.Runtime.CompilerServices;
using Aria.Libp2p.Streams;
using Aria.Libp2p.Transports;

namespace Aria.Libp2p.Connections;

/// <summary>Interim: streams within the process, until the secured stack carries them.</summary>
internal sealed class MemorySession : MuxedConnection
{
    private static readonly ConditionalWeakTable<object, Meeting> Meetings = [];

    private readonly Lock _gate = new();
    private readonly List<MemoryStreamEnd> _streams = [];
    private readonly TaskCompletionSource _closed;
    private readonly MemoryConnection _connection;
    private readonly Meeting _meeting;
    private readonly bool _isOutbound;
    private readonly TaskCompletionSource<Action<MuxedStream>> _accept = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private MemorySession(MemoryConnection connection, Meeting meeting, bool isOutbound, PeerId remote)
    {
        _connection = connection;
        _meeting = meeting;
        _isOutbound = isOutbound;
        _closed = meeting.Closed;
        RemotePeer = remote;
    }

    public override PeerId RemotePeer { get; }

    public override Task Closed => _closed.Task;

    public static async Task<MemorySession> MeetAsync(MemoryConnection connection, PeerId self, bool isOutbound, CancellationToken cancellationToken)
    {
        Meeting meeting = Meetings.GetOrCreateValue(connection.Shared);
        (isOutbound ? meeting.Dialer : meeting.Listener).TrySetResult(self);
        PeerId remote = await (isOutbound ? meeting.Listener : meeting.Dialer).Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        MemorySession session = new(connection, meeting, isOutbound, remote);
        (isOutbound ? meeting.DialerSession : meeting.ListenerSession).TrySetResult(session);
        await (isOutbound ? meeting.ListenerSession : meeting.DialerSession).Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        return session;
    }

    public override void Start(Action<MuxedStream> accept) => _accept.TrySetResult(accept);

    public override MuxedStream OpenStream()
    {
        (MemoryStreamEnd here, MemoryStreamEnd there) = MemoryStreamEnd.CreatePair();
        lock (_gate)
        {
            if (_closed.Task.IsCompleted)
            {
                throw new ConnectionLostException("The connection is closed.");
            }

            _streams.Add(here);
        }

        _ = HandOverAsync(there);
        return here;
    }

    public override async ValueTask DisposeAsync()
    {
        _closed.TrySetResult();
        foreach (MemorySession session in new[] { await _meeting.DialerSession.Task.ConfigureAwait(false), await _meeting.ListenerSession.Task.ConfigureAwait(false) })
        {
            MemoryStreamEnd[] streams;
            lock (session._gate)
            {
                streams = [.. session._streams];
            }

            Array.ForEach(streams, stream => stream.Lose(StreamFault.Lost("The connection is closed.")));
        }

        await _connection.DisposeAsync().ConfigureAwait(false);
    }

    private async Task HandOverAsync(MemoryStreamEnd stream)
    {
        MemorySession other = await (_isOutbound ? _meeting.ListenerSession : _meeting.DialerSession).Task.ConfigureAwait(false);
        (await other._accept.Task.ConfigureAwait(false))(stream);
    }

    private sealed class Meeting
    {
        public TaskCompletionSource<PeerId> Dialer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource<PeerId> Listener { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource<MemorySession> DialerSession { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource<MemorySession> ListenerSession { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Closed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
