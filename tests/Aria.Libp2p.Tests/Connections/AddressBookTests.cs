using Aria.Libp2p.Connections;

namespace Aria.Libp2p.Tests.Connections;

public sealed class AddressBookTests
{
    private static PeerId PeerOf(byte number) => PeerId.FromEd25519([number, .. new byte[31]]);

    private static Multiaddress Port(int port) => Multiaddress.Parse($"/ip4/127.0.0.1/tcp/{port}");

    [Fact]
    public void Newest_ComeFirst_AndStay()
    {
        AddressBook book = new(10, 3);
        book.Add(PeerOf(1), [Port(1), Port(2), Port(3)]);
        book.Add(PeerOf(1), [Port(4), Port(2)]);
        Assert.Equal([Port(2), Port(4), Port(3)], book.Of(PeerOf(1)));
    }

    [Fact]
    public void AddressOfAnotherPeer_IsDropped_AndTheOwnIdIsCutOff()
    {
        AddressBook book = new(10, 3);
        book.Add(PeerOf(1), [Port(1).WithPeer(PeerOf(2)), Port(2).WithPeer(PeerOf(1)), Multiaddress.Parse($"/p2p/{PeerOf(1)}")]);
        Assert.Equal([Port(2)], book.Of(PeerOf(1)));
    }

    [Fact]
    public void PeerNotHeardOfForLongest_IsForgotten()
    {
        AddressBook book = new(2, 3);
        book.Add(PeerOf(1), [Port(1)]);
        book.Add(PeerOf(2), [Port(2)]);
        book.Add(PeerOf(1), [Port(3)]);
        book.Add(PeerOf(3), [Port(4)]);
        Assert.Empty(book.Of(PeerOf(2)));
        Assert.Equal([Port(3), Port(1)], book.Of(PeerOf(1)));
    }
}
