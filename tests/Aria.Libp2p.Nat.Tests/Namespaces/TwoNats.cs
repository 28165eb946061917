using System.Diagnostics;
using Aria.Testing;

namespace Aria.Libp2p.Nat.Tests.Namespaces;

/// <summary>
/// An Internet of this test's own in network namespaces: a public network 44.51.100.0/24 with the hosts .1, .2 and .3, and two routers, .11 and .12, each of which hides a host (10.1.0.2 and 10.2.0.2) behind
/// its address and lets in only what belongs to connections that the host began. (js takes the networks that are reserved for documentation for private ones.)
/// </summary>
internal sealed class TwoNats : IDisposable
{
    private const string AdmitDialed = """
        ip netns exec $p-r1 nft -f - <<'RULES'
        table ip nat {
          set dialed {
            type ipv4_addr;
            flags dynamic, timeout;
            timeout 1m;
          }
          chain out {
            type filter hook forward priority 10;
            oifname "wan" update @dialed { ip daddr };
          }
          chain pre {
            type nat hook prerouting priority -100;
            iifname "wan" ip saddr @dialed tcp dport 4001 dnat to 10.1.0.2;
          }
        }
        table ip guard {
          chain through {
            ct status dnat accept;
          }
        }
        RULES
        """;

    private static int _count;

    private readonly string _prefix;

    private TwoNats(string prefix)
    {
        _prefix = prefix;
        Public = new($"{prefix}-i");
        Router = new($"{prefix}-r1");
        Hidden = [new($"{prefix}-h1"), new($"{prefix}-h2")];
    }

    public NetworkNamespace Public { get; }

    /// <summary>The system's name of the public network's namespace.</summary>
    public string PublicName => $"{_prefix}-i";

    /// <summary>The system's name of a hidden host's namespace.</summary>
    public string HiddenName(int host) => $"{_prefix}-h{host + 1}";

    /// <summary>The router of the first hidden host; on the host's link it is 10.1.0.1.</summary>
    public NetworkNamespace Router { get; }

    /// <summary>The hosts behind the routers.</summary>
    public NetworkNamespace[] Hidden { get; }

    /// <summary>The namespaces, or the test is skipped, by name, where they cannot be made.</summary>
    /// <param name="givesEachDestinationAnotherPort">True for NATs that no hole can be punched into.</param>
    /// <param name="firstAdmitsHostsThatWereDialed">True where the first router lets in, to port 4001, whoever the host dialed within a minute, from any port (RFC 4787: address-dependent filtering).</param>
    public static TwoNats Build(bool givesEachDestinationAnotherPort = false, bool firstAdmitsHostsThatWereDialed = false)
    {
        Prerequisite.Demand(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "network namespaces need root on Linux");
        Prerequisite.Demand(Prerequisite.HasProgram("ip"), "ip (iproute2) is not on the PATH");
        Prerequisite.Demand(Prerequisite.HasProgram("nft"), "nft (nftables) is not on the PATH");
        Prerequisite.Demand(Run("unshare -n nft list ruleset").Status == 0, "this kernel or container lets no network namespace with nftables be made");
        string prefix = $"nat{Environment.ProcessId}x{Interlocked.Increment(ref _count)}";
        try
        {
            Shell($$"""
                # What a test run that was killed has left.
                ip netns list | cut -d ' ' -f 1 | grep '^nat[0-9]*x' | while read n; do
                  pid=${n#nat}; [ -d "/proc/${pid%%x*}" ] || ip netns del "$n"
                done
                set -e
                p={{prefix}}
                ip netns add $p-i
                ip -n $p-i link set lo up
                ip -n $p-i link add br0 type bridge
                for a in 1 2 3; do ip -n $p-i addr add 44.51.100.$a/24 dev br0; done
                ip -n $p-i link set br0 up
                for k in 1 2; do
                  ip netns add $p-r$k; ip netns add $p-h$k
                  ip link add name wan netns $p-r$k type veth peer name w$k netns $p-i
                  ip -n $p-i link set w$k master br0; ip -n $p-i link set w$k up
                  ip -n $p-r$k addr add 44.51.100.1$k/24 dev wan; ip -n $p-r$k link set wan up
                  ip link add name lan netns $p-r$k type veth peer name eth0 netns $p-h$k
                  ip -n $p-r$k addr add 10.$k.0.1/24 dev lan; ip -n $p-r$k link set lan up; ip -n $p-r$k link set lo up
                  ip -n $p-h$k addr add 10.$k.0.2/24 dev eth0; ip -n $p-h$k link set eth0 up; ip -n $p-h$k link set lo up
                  ip -n $p-h$k route add default via 10.$k.0.1
                  ip netns exec $p-r$k sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'
                  ip netns exec $p-r$k nft -f - <<'RULES'
                table ip nat {
                  chain post {
                    type nat hook postrouting priority 100;
                    oifname "wan" masquerade {{(givesEachDestinationAnotherPort ? "fully-random" : "")}}
                  }
                }
                table ip guard {
                  chain in {
                    type filter hook input priority 0; policy drop;
                    ct state established,related accept
                    iifname "lan" accept
                  }
                  chain through {
                    type filter hook forward priority 0; policy drop;
                    ct state established,related accept
                    iifname "lan" accept
                  }
                }
                RULES
                done
                {{(firstAdmitsHostsThatWereDialed ? AdmitDialed : "")}}
                """);
            return new(prefix);
        }
        catch
        {
            Remove(prefix);
            throw;
        }
    }

    public void Dispose()
    {
        Public.Dispose();
        Router.Dispose();
        Array.ForEach(Hidden, hidden => hidden.Dispose());
        Remove(_prefix);
    }

    private static void Remove(string prefix) => Shell($"for n in i r1 r2 h1 h2; do ip netns del {prefix}-$n 2>/dev/null || true; done");

    private static void Shell(string script)
    {
        (int status, string told) = Run(script);
        Assert.True(status == 0, told);
    }

    private static (int Status, string Told) Run(string script)
    {
        using Process shell = Process.Start(new ProcessStartInfo("sh", ["-c", script]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        string told = shell.StandardError.ReadToEnd();
        shell.WaitForExit();
        return (shell.ExitCode, told);
    }
}
