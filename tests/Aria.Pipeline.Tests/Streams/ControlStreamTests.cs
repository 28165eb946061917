using Aria.Libp2p;
using Aria.Pipeline.Control;
using Aria.Pipeline.Streams;

namespace Aria.Pipeline.Tests.Streams;

public sealed class ControlStreamTests
{
    private static PeerId Peer(byte value) => PeerId.FromEd25519([.. Enumerable.Repeat(value, 32)]);

    [Fact]
    public async Task ADisposedStream_GivesNoMessageMore_WhateverIsBeingRead()
    {
        for (int round = 0; round < 500; round++)
        {
            (PeerStream a, PeerStream b) = PeerStream.CreatePair(Peer(1), Peer(2), PipelineProtocols.Stage);
            ControlStream near = new(a, TimeProvider.System), far = new(b, TimeProvider.System);
            Task reading = Task.Run(async () =>
            {
                while (await near.ReadAsync() is not null)
                {
                    // The next one is read at once, while the stream is being disposed of.
                }
            }, TestContext.Current.CancellationToken);
            Task<bool> sending = far.TrySendAsync(new ControlMessage.Probe());
            await Task.WhenAll(near.DisposeAsync().AsTask(), reading, sending);
            Assert.Null(await near.ReadAsync());
            await far.DisposeAsync();
        }
    }
}
