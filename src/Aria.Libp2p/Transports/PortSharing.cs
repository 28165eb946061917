using System.Net.Sockets;

namespace Aria.Libp2p.Transports;

/// <summary>SO_REUSEPORT, which .NET has no name for: a socket may then be bound to a port that another such socket of the same user listens on.</summary>
internal static class PortSharing
{
    /// <summary>False where the system has no such thing.</summary>
    public static bool TryAllow(Socket socket)
    {
        (int level, int name)? option = OperatingSystem.IsLinux() ? (1, 15) : OperatingSystem.IsMacOS() ? (0xffff, 0x0200) : null;
        if (option is not { } known)
        {
            return false;
        }

        socket.SetRawSocketOption(known.level, known.name, BitConverter.GetBytes(1));
        return true;
    }
}
