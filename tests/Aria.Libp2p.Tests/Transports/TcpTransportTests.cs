using Aria.Libp2p.Transports;

namespace Aria.Libp2p.Tests.Transports;

/// <summary>Where dials leave from.</summary>
public sealed class TcpTransportTests
{
    private static readonly Multiaddress AnyPort = Multiaddress.Parse("/ip4/127.0.0.1/tcp/0");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task DialsLeaveFromTheListeningPort_WhereAskedFor_AsOftenAsTheyCan()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS(), "the system has no SO_REUSEPORT");
        TcpTransport sharing = new(dialsFromListeningPort: true);
        await using ITransportListener own = await sharing.ListenAsync(AnyPort, Stop), other = await new TcpTransport().ListenAsync(AnyPort, Stop);
        await using TransportConnection first = await sharing.DialAsync(other.Addresses[0], Stop);
        await using TransportConnection? accepted = await other.AcceptAsync(Stop);
        Assert.Equal((own.Addresses[0], own.Addresses[0]), (first.LocalAddress, accepted!.RemoteAddress));

        // Two connections cannot have the same two ends, and none has one end alone.
        await using TransportConnection second = await sharing.DialAsync(other.Addresses[0], Stop), toItself = await sharing.DialAsync(own.Addresses[0], Stop);
        Assert.NotEqual(own.Addresses[0], second.LocalAddress);
        Assert.NotEqual(own.Addresses[0], toItself.LocalAddress);
    }

    [Fact]
    public async Task Otherwise_ThePortIsTakenByOneAlone_AndDialsLeaveFromAnyPort()
    {
        TcpTransport plain = new();
        await using ITransportListener own = await plain.ListenAsync(AnyPort, Stop), other = await plain.ListenAsync(AnyPort, Stop);
        await Assert.ThrowsAsync<ListenFailedException>(() => plain.ListenAsync(own.Addresses[0], Stop));
        await using TransportConnection connection = await plain.DialAsync(other.Addresses[0], Stop);
        Assert.NotEqual(own.Addresses[0], connection.LocalAddress);
    }
}
