using System.Text.Json;
using Aria.Libp2p.Noise;
using NSec.Cryptography;

namespace Aria.Libp2p.Tests.Noise;

public sealed class HandshakeXxTests
{
    private static readonly JsonElement Vector = Vectors.Section("noiseXx");

    private static byte[] Hex(string name) => Convert.FromHexString(Vector.GetProperty(name).GetString()!);

    private static Key KeyOf(string name) => Key.Import(KeyAgreementAlgorithm.X25519, Hex(name), KeyBlobFormat.RawPrivateKey);

    private static (byte[] Payload, byte[] Ciphertext)[] Messages() =>
        [.. Vector.GetProperty("messages").EnumerateArray().Select(message => (
            Convert.FromHexString(message.GetProperty("payload").GetString()!), Convert.FromHexString(message.GetProperty("ciphertext").GetString()!)))];

    [Fact]
    public void CacophonyVector_IsMetByBothSides_HandshakeHashIncluded()
    {
        using Key initiatorStatic = KeyOf("initiatorStatic"), responderStatic = KeyOf("responderStatic");
        using HandshakeXx initiator = new(true, Hex("prologue"), initiatorStatic, KeyOf("initiatorEphemeral"));
        using HandshakeXx responder = new(false, Hex("prologue"), responderStatic, KeyOf("responderEphemeral"));
        (byte[] Payload, byte[] Ciphertext)[] messages = Messages();
        for (int i = 0; i < 3; i++)
        {
            (HandshakeXx writer, HandshakeXx reader) = i % 2 == 0 ? (initiator, responder) : (responder, initiator);
            Assert.Equal(messages[i].Ciphertext, writer.WriteMessage(messages[i].Payload));
            Assert.Equal(messages[i].Payload, reader.ReadMessage(messages[i].Ciphertext));
        }

        Assert.Equal(Hex("handshakeHash"), initiator.Hash);
        Assert.Equal(Hex("handshakeHash"), responder.Hash);
        (CipherState initiatorSend, CipherState initiatorReceive) = initiator.Split();
        (CipherState responderSend, CipherState responderReceive) = responder.Split();
        for (int i = 3; i < messages.Length; i++)
        {
            (CipherState send, CipherState receive) = i % 2 == 0 ? (initiatorSend, responderReceive) : (responderSend, initiatorReceive);
            byte[] frame = [.. messages[i].Payload, .. new byte[CipherState.TagBytes]];
            send.Encrypt(frame.AsSpan(0, messages[i].Payload.Length), frame.AsSpan(messages[i].Payload.Length));
            Assert.Equal(messages[i].Ciphertext, frame);
            Assert.Equal(messages[i].Payload.Length, receive.Decrypt(frame));
            Assert.Equal(messages[i].Payload, frame[..messages[i].Payload.Length]);
        }
    }

    [Fact]
    public void EveryFlippedByteAndEveryCut_OfTheSecondAndThirdMessage_IsRefused()
    {
        (byte[] Payload, byte[] Ciphertext)[] messages = Messages();
        for (int which = 1; which <= 2; which++)
        {
            byte[] good = messages[which].Ciphertext;
            for (int at = 0; at < good.Length; at++)
            {
                byte[] changed = [.. good];
                changed[at] ^= 0x40;
                Refused(which, changed);
                Refused(which, good[..at]);
            }
        }

        void Refused(int which, byte[] message)
        {
            using Key ownStatic = KeyOf(which == 1 ? "initiatorStatic" : "responderStatic");
            using HandshakeXx side = new(which == 1, Hex("prologue"), ownStatic, KeyOf(which == 1 ? "initiatorEphemeral" : "responderEphemeral"));
            if (which == 1)
            {
                side.WriteMessage(messages[0].Payload);
            }
            else
            {
                side.ReadMessage(messages[0].Ciphertext);
                side.WriteMessage(messages[1].Payload);
            }

            Assert.Throws<ProtocolViolationException>(() => side.ReadMessage(message));
        }
    }

    [Fact]
    public void LowOrderKey_IsRefused()
    {
        using Key ownStatic = KeyOf("responderStatic");
        using HandshakeXx responder = new(false, [], ownStatic, KeyOf("responderEphemeral"));
        responder.ReadMessage(new byte[HandshakeXx.KeyBytes]);
        Assert.Throws<ProtocolViolationException>(() => responder.WriteMessage([]));
    }

    [Fact]
    public void ReplayedFrame_IsRefused()
    {
        using CipherState send = new(new byte[32]), receive = new(new byte[32]);
        byte[] frame = new byte[40];
        send.Encrypt(frame.AsSpan(0, 24), frame.AsSpan(24));
        receive.Decrypt([.. frame]);
        Assert.Throws<ProtocolViolationException>(() => receive.Decrypt([.. frame]));
        Assert.Throws<ProtocolViolationException>(() => receive.Decrypt(new byte[CipherState.TagBytes - 1]));
    }
}
