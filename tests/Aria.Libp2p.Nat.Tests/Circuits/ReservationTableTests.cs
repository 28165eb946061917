using Aria.Libp2p.Nat.Circuits;

namespace Aria.Libp2p.Nat.Tests.Circuits;

/// <summary>The relay's decisions.</summary>
public sealed class ReservationTableTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);
    private static readonly PeerId[] Peers = [.. Enumerable.Range(1, 9).Select(number => PeerId.FromEd25519(Enumerable.Repeat((byte)number, 32).ToArray()))];

    [Fact]
    public void Reservations_AreBoundedInAll_AndARefreshTakesNoPlace()
    {
        ReservationTable table = new(new() { MaxReservations = 2 });
        Assert.Equal(CircuitStatus.Ok, Reserve(table, 0));
        Assert.Equal(CircuitStatus.Ok, Reserve(table, 1));
        Assert.Equal(CircuitStatus.ReservationRefused, Reserve(table, 2));
        Assert.Equal(CircuitStatus.Ok, Reserve(table, 1));
        table.Release(Peers[0]);
        Assert.Equal(CircuitStatus.Ok, Reserve(table, 2));
    }

    [Fact]
    public void Reservations_AreBoundedPerHost()
    {
        ReservationTable table = new(new() { MaxReservationsPerHost = 2 });
        Assert.Equal(CircuitStatus.Ok, Reserve(table, 0, "h"));
        Assert.Equal(CircuitStatus.Ok, Reserve(table, 1, "h"));
        Assert.Equal(CircuitStatus.ReservationRefused, Reserve(table, 2, "h"));
        Assert.Equal(CircuitStatus.Ok, Reserve(table, 1, "h"));
        Assert.Equal(CircuitStatus.Ok, Reserve(table, 2, "i"));
        Assert.Equal(CircuitStatus.ReservationRefused, Reserve(table, 2, "h"));      // it may not move in by a refresh
        Assert.Equal(CircuitStatus.Ok, Reserve(table, 3));
    }

    [Fact]
    public void AReservation_Expires_AndMakesRoom()
    {
        ReservationTable table = new(new() { MaxReservations = 1 });
        table.Reserve(Peers[0], null, Now, Now.AddSeconds(10));
        Assert.Equal(CircuitStatus.Ok, table.Open(Peers[1], Peers[0], Now.AddSeconds(9)));
        Assert.Equal(CircuitStatus.NoReservation, table.Open(Peers[1], Peers[0], Now.AddSeconds(10)));
        Assert.Equal(CircuitStatus.Ok, table.Reserve(Peers[2], null, Now.AddSeconds(10), Now.AddSeconds(20)));
    }

    [Fact]
    public void Circuits_AreBoundedPerEnd_AndInAll()
    {
        ReservationTable table = new(new() { MaxCircuitsPerPeer = 2, MaxCircuits = 3 });
        Array.ForEach([0, 1, 2], peer => Reserve(table, peer));
        Assert.Equal(CircuitStatus.NoReservation, table.Open(Peers[0], Peers[5], Now));
        Assert.Equal(CircuitStatus.PermissionDenied, table.Open(Peers[0], Peers[0], Now));
        Assert.Equal(CircuitStatus.Ok, table.Open(Peers[5], Peers[0], Now));
        Assert.Equal(CircuitStatus.Ok, table.Open(Peers[6], Peers[0], Now));
        Assert.Equal(CircuitStatus.ResourceLimitExceeded, table.Open(Peers[7], Peers[0], Now));
        Assert.Equal(CircuitStatus.Ok, table.Open(Peers[5], Peers[1], Now));
        Assert.Equal(CircuitStatus.ResourceLimitExceeded, table.Open(Peers[8], Peers[2], Now));
        table.Close(Peers[5], Peers[0]);
        Assert.Equal(CircuitStatus.Ok, table.Open(Peers[8], Peers[2], Now));
        Assert.Equal(3, table.Circuits);
    }

    private static CircuitStatus Reserve(ReservationTable table, int peer, string? host = null) => table.Reserve(Peers[peer], host, Now, Now.AddHours(1));
}
